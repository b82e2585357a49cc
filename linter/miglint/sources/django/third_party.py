"""Fields of well-known packages: the field of Django's that each is, and the arguments it brings along.

A package's class is named by the package and the class alone (`taggit.TaggableManager`), since it can be imported from
several modules; where two classes of a package share a name, by the full path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from miglint.sources.django.values import Reference


class KnownField(Struct, frozen=True):
    """`base` is a field of django.db.models, or a full path; empty: no column. `measure` goes into `db_type`."""

    base: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    db_type: str | None = None
    measure: str = ""
    ignored: frozenset[str] = frozenset()
    """Arguments of its own that do not make it another field."""


def _plain(base: str, *names: str, **fixed: Any) -> dict[str, KnownField]:
    return dict.fromkeys(names, KnownField(base, fixed))


def _typed(db_type: str, *names: str) -> dict[str, KnownField]:
    return dict.fromkeys(names, KnownField("TextField", db_type=db_type))


def _measured(pattern: str, measure: str, *names: str) -> dict[str, KnownField]:
    return dict.fromkeys(names, KnownField("TextField", db_type=pattern, measure=measure))


SORTED = "SortedManyToManyField"
"""The name of the field of our own that keeps an order."""
KEY = "OpaqueKeyField"
"""The name of the field of our own for keys of Open edX."""
_KEYS = tuple(
    f"opaque_keys.{kind}KeyField"
    for kind in ("BlockType", "Collection", "Container", "Course", "LearningContext", "Location", "Usage")
)
_HTML = ("ckeditor.RichTextField", "ckeditor_uploader.RichTextUploadingField", "django_ckeditor_5.CKEditor5Field")

FIELDS: Mapping[str, KnownField] = {
    # relations
    **_plain("ForeignKey", "mptt.TreeForeignKey", "modelcluster.ParentalKey", "smart_selects.ChainedForeignKey"),
    **_plain("ForeignKey", "simple_history.HistoricForeignKey", "smart_selects.GroupedForeignKey"),
    **_plain("OneToOneField", "mptt.TreeOneToOneField", "annoying.AutoOneToOneField"),
    **_plain("ManyToManyField", "mptt.TreeManyToManyField", "modelcluster.ParentalManyToManyField"),
    **_plain("ManyToManyField", "smart_selects.ChainedManyToManyField", "tagulous.TagField"),
    **_plain("ForeignKey", "tagulous.SingleTagField", on_delete=Reference("django.db.models.CASCADE")),
    "sortedm2m.SortedManyToManyField": KnownField(SORTED),
    **_plain("", "taggit.TaggableManager", "modelcluster.ClusterTaggableManager", "taggit_autosuggest.TaggableManager"),
    **_plain("ForeignKey", "filer.FilerFileField", to="filer.file"),
    **_plain("ForeignKey", "filer.FilerImageField", to="filer.image"),
    **_plain("ForeignKey", "filer.FilerFolderField", to="filer.folder"),
    **_plain("ForeignKey", "cms.PlaceholderField", to="cms.placeholder", null=True),
    **_plain("ForeignKey", "cms.PageField", to="cms.page"),
    # text
    **_plain("TextField", *_HTML, "tinymce.HTMLField", "markdownx.MarkdownxField", "mdeditor.MDTextField"),
    **_plain("TextField", "wagtail.RichTextField", "martor.MartorField", "simplemde.SimpleMDEField"),
    **_plain("TextField", "picklefield.PickledObjectField", "recurrence.RecurrenceField", "s3direct.S3DirectField"),
    **_plain("TextField", "model_utils.SplitField", "markupfield.MarkupField", "django_quill.QuillField"),
    **_plain("TextField", "django_summernote.SummernoteTextField", "froala_editor.FroalaField"),
    **_plain("TextField", "django_extensions.JSONField", "jsonfield.JSONField", "djangocms_text_ckeditor.HTMLField"),
    **_plain("TextField", "annoying.JSONField"),
    **_plain("TextField", "multi_email_field.MultiEmailField", default=[]),
    **_plain("CharField", "jsonfield.JSONCharField", "multiselectfield.MultiSelectField"),
    **_plain("CharField", "phonenumber_field.PhoneNumberField", max_length=128),
    **_plain("CharField", "oauth2_provider.ClientSecretField"),
    **_plain(KEY, *_KEYS, max_length=255),
    **_plain("CharField", "django_countries.CountryField", max_length=2),
    **_plain("CharField", "languages_plus.LanguageField", "timezone_field.TimeZoneField", max_length=63),
    **_plain("CharField", "colorfield.ColorField", max_length=25),
    **_plain("CharField", "django_fsm.FSMField", max_length=50),
    **_plain("CharField", "viewflow.FSMField", max_length=50),
    **_plain("CharField", "model_utils.StatusField", max_length=100),
    **_plain("CharField", "model_utils.UrlsafeTokenField", max_length=128),
    **_plain("CharField", "djmoney.CurrencyField", max_length=3),
    **_plain("CharField", "django_extensions.RandomCharField", "localflavor.USStateField", max_length=2),
    **_plain("CharField", "localflavor.USZipCodeField", max_length=10),
    **_plain("CharField", "localflavor.IBANField", max_length=34),
    **_plain("CharField", "localflavor.BICField", max_length=11),
    **_plain("CharField", "shortuuid.ShortUUIDField", max_length=22),
    **_plain("CharField", "django_extensions.ShortUUIDField", max_length=22),
    **_plain("CharField", "versatileimagefield.PPOIField", max_length=20),
    **_plain("CharField", "isbn_field.ISBNField", max_length=28),
    **_plain("CharField", "address.AddressField", "djstripe.StripeIdField", "djstripe.StripeEnumField", max_length=255),
    **_plain("BigIntegerField", "macaddress.MACAddressField"),
    **_plain("SlugField", "autoslug.AutoSlugField", "django_extensions.AutoSlugField", max_length=50),
    # numbers
    **_plain("FloatField", "django_measurement.MeasurementField"),
    **_plain("DecimalField", "djmoney.MoneyField"),
    **_plain("IntegerField", "django_fsm.FSMIntegerField", "positions.PositionField"),
    **_plain("BigIntegerField", "bitfield.BitField"),
    **_plain("IntegerField", "django_bitmask_field.BitmaskField"),
    **_plain("BigIntegerField", "djstripe.StripeQuantumCurrencyAmountField"),
    **_plain("DecimalField", "djstripe.StripeDecimalCurrencyAmountField", max_digits=11, decimal_places=2),
    # dates
    **_plain("DateTimeField", "model_utils.AutoCreatedField", "model_utils.AutoLastModifiedField"),
    **_plain("DateTimeField", "model_utils.MonitorField", "djstripe.StripeDateTimeField"),
    **_plain("DateTimeField", "django_extensions.CreationDateTimeField", auto_now_add=True),
    **_plain("DateTimeField", "django_extensions.ModificationDateTimeField", auto_now=True),
    **_plain("DateTimeField", "model_utils.AutoDateTimeField", "pghistory.DateTimeField"),
    # other columns
    **_plain("UUIDField", "model_utils.UUIDField"),
    **_plain("JSONField", "django_jsonform.JSONField", "djstripe.JSONField"),
    "wagtail.StreamField": KnownField(
        "JSONField", ignored=frozenset({"block_counts", "collapsed", "max_num", "min_num", "use_json_field"})
    ),
    **_plain("JSONField", "django_better_admin_arrayfield.JSONField", "pydantic.PydanticSchemaField"),
    **_plain("JSONField", "django_pydantic_field.PydanticSchemaField", "django_editorjs.EditorJsField"),
    **_plain("django.contrib.postgres.fields.ArrayField", "django_better_admin_arrayfield.ArrayField"),
    **_plain("ImageField", "imagekit.ProcessedImageField", "sorl.ImageField", "easy_thumbnails.ThumbnailerImageField"),
    **_plain("ImageField", "versatileimagefield.VersatileImageField", "stdimage.StdImageField"),
    **_plain("ImageField", "stdimage.JPEGField", "django_resized.ResizedImageField", "cloudinary.CloudinaryImageField"),
    **_plain("ImageField", "pictures.PictureField", "easy_thumbnails.ThumbnailerField"),
    **_plain("CharField", "cloudinary.CloudinaryField", max_length=255),
    **_plain("FileField", "private_storage.PrivateFileField", "filebrowser.FileBrowseField", "wagtail.WagtailFile"),
    **_plain("ImageField", "wagtail.WagtailImageField"),
    # encrypted
    **_plain("JSONField", "encrypted_fields.EncryptedJSONField"),
    **_plain("TextField", "encrypted_model_fields.EncryptedTextField", "encrypted_model_fields.EncryptedCharField"),
    **_typed(
        "text",
        *(
            f"encrypted_model_fields.Encrypted{kind}Field"
            for kind in ("Char", "Text", "Date", "DateTime", "Email", "Boolean", "Integer", "BigInteger")
        ),
        "fernet_encrypted_fields.EncryptedTextField",
        "encrypted_fields.EncryptedCharField",
        "encrypted_fields.EncryptedTextField",
        "django_cryptography.EncryptedTextField",
    ),
    **_plain(
        "BinaryField",
        *(f"fernet_fields.Encrypted{kind}Field" for kind in ("Char", "Text", "Date", "DateTime", "Email", "Integer")),
    ),
    # PostgreSQL types
    **_typed("hstore", "django_hstore.DictionaryField", "django_hstore.SerializedDictionaryField"),
    **_typed("ltree", "django_ltree.PathField", "django_ltree_field.LTreeField"),
    **_typed("inet", "netfields.InetAddressField"),
    **_typed("cidr", "netfields.CidrAddressField"),
    **_typed("macaddr", "netfields.MACAddressField"),
    **_typed("macaddr8", "netfields.MACAddress8Field"),
    **_measured("vector({})", "dimensions", "pgvector.VectorField"),
    **_measured("halfvec({})", "dimensions", "pgvector.HalfVectorField"),
    **_measured("sparsevec({})", "dimensions", "pgvector.SparseVectorField"),
    **_measured("bit({})", "length", "pgvector.BitField"),
    # PostGIS
    **{
        f"django.contrib.gis.db.models.{name}Field": KnownField(
            "TextField", {"srid": 4326}, f"geometry({kind},{{}})", "srid"
        )
        for name, kind in (
            ("Point", "POINT"),
            ("LineString", "LINESTRING"),
            ("Polygon", "POLYGON"),
            ("MultiPoint", "MULTIPOINT"),
            ("MultiLineString", "MULTILINESTRING"),
            ("MultiPolygon", "MULTIPOLYGON"),
            ("GeometryCollection", "GEOMETRYCOLLECTION"),
            ("Geometry", "GEOMETRY"),
        )
    },
    "django.contrib.gis.db.models.RasterField": KnownField("TextField", db_type="raster"),
}

UNVERIFIED = frozenset(
    {
        *("address.AddressField", "bitfield.BitField", "cloudinary.CloudinaryImageField", "cms.PageField"),
        *("cms.PlaceholderField", "django_better_admin_arrayfield.JSONField", "django_bitmask_field.BitmaskField"),
        *("django_cryptography.EncryptedTextField", "django_editorjs.EditorJsField", "django_hstore.DictionaryField"),
        *("django_extensions.RandomCharField", "django_hstore.SerializedDictionaryField"),
        *("django_ltree_field.LTreeField", "django_pydantic_field.PydanticSchemaField"),
        *("django_summernote.SummernoteTextField", "djangocms_text_ckeditor.HTMLField"),
        *("djstripe.StripeDecimalCurrencyAmountField", "easy_thumbnails.ThumbnailerField"),
        *("easy_thumbnails.ThumbnailerImageField", "fernet_encrypted_fields.EncryptedTextField"),
        *(f"fernet_fields.Encrypted{kind}Field" for kind in ("Char", "Text", "Date", "DateTime", "Email", "Integer")),
        *("filebrowser.FileBrowseField", "filer.FilerFileField", "filer.FilerFolderField", "filer.FilerImageField"),
        *("froala_editor.FroalaField", "isbn_field.ISBNField", "languages_plus.LanguageField"),
        *("macaddress.MACAddressField", "mdeditor.MDTextField", "model_utils.AutoDateTimeField"),
        *("pghistory.DateTimeField", "positions.PositionField", "pydantic.PydanticSchemaField"),
        *("s3direct.S3DirectField", "shortuuid.ShortUUIDField", "simplemde.SimpleMDEField"),
        *("sorl.ImageField", "taggit_autosuggest.TaggableManager", "viewflow.FSMField"),
        *("wagtail.WagtailFile", "wagtail.WagtailImageField"),
    }
)
"""Those that were not compared with the package itself, or whose column hangs on arguments of their own."""

CONVERTING = frozenset(
    {
        *("annoying.JSONField", "bitfield.BitField", "django_extensions.JSONField", "djmoney.MoneyField"),
        *("jsonfield.JSONCharField", "jsonfield.JSONField", "markupfield.MarkupField", "model_utils.SplitField"),
        *("multiselectfield.MultiSelectField", "phonenumber_field.PhoneNumberField", "picklefield.PickledObjectField"),
        *("recurrence.RecurrenceField", "timezone_field.TimeZoneField", "wagtail.StreamField"),
        *("django_jsonform.JSONField", "django_pydantic_field.PydanticSchemaField", "pydantic.PydanticSchemaField"),
        *("multi_email_field.MultiEmailField", *_KEYS),
    }
)
"""Classes that write a default in another way than Django's field would, if it is not empty; keys if it is, too."""


def is_encrypting(name: str) -> bool:
    """Whether a class, by its short name, writes whatever it is given so that nobody reads it, the empty text too."""
    return "Encrypted" in name


def written(name: str, value: Any) -> tuple[object] | None:
    """What a class that converts makes of a value, where that is known."""
    if name in _KEYS and value is None:
        return ("",)
    if name == "multi_email_field.MultiEmailField" and isinstance(value, list | str):
        return (value if isinstance(value, str) else "\n".join(map(str, value)),)
    if name == "multiselectfield.MultiSelectField" and isinstance(value, list | tuple | set):
        return (",".join(map(str, value)),)
    return None


def short(name: str) -> str:
    """The package and the class, whatever module between them the class was imported from."""
    return f"{name.partition('.')[0]}.{name.rpartition('.')[2]}"
