"""Models of well-known packages whose migrations are not in the repository: their keys and tables, to be pointed to.

Keys are those that the packages' own migrations make, whatever DEFAULT_AUTO_FIELD of the project is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field


class KnownKey(Struct, frozen=True):
    """A primary key: the field of django.db.models, and its arguments; `doubt` where it is not always that."""

    base: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    doubt: str = ""


_AUTO = KnownKey("AutoField")
_BIG = KnownKey("BigAutoField")


def _widened(app: str) -> KnownKey:
    return KnownKey("AutoField", doubt=f"the keys of {app} are taken to be small, as its first migrations make them")


_KEYS: Mapping[str, KnownKey] = {
    **dict.fromkeys(("auth", "contenttypes", "admin", "sites", "flatpages", "redirects"), _AUTO),
    **dict.fromkeys(("account", "actstream", "auditlog", "axes", "captcha", "cities_light", "cms", "constance"), _AUTO),
    **dict.fromkeys(("django_celery_beat", "django_celery_results", "django_comments", "easy_thumbnails"), _AUTO),
    **dict.fromkeys(("filer", "guardian", "notifications", "oidc_provider", "openid", "organizations"), _AUTO),
    **dict.fromkeys(("otp_email", "otp_hotp", "otp_static", "otp_totp", "post_office", "push_notifications"), _AUTO),
    **dict.fromkeys(("reversion", "socialaccount", "taggit", "waffle", "watson"), _AUTO),
    **dict.fromkeys(("wagtailcore", "wagtaildocs", "wagtailembeds", "wagtailforms", "wagtailimages"), _AUTO),
    **dict.fromkeys(("wagtailredirects", "wagtailsearch", "wagtailusers"), _AUTO),
    **dict.fromkeys(("mfa", "oauth2_provider", "usersessions"), _BIG),
    **{app: _widened(app) for app in ("invitations", "schedule", "social_django", "token_blacklist")},
    "djstripe": KnownKey("BigAutoField", doubt="the keys of djstripe are taken to be those of most of its models"),
}
_KEYS_OF_MODELS: Mapping[tuple[str, str], KnownKey] = {
    ("authtoken", "token"): KnownKey("CharField", {"max_length": 40}),
    ("pghistory", "context"): KnownKey("UUIDField"),
    ("sessions", "session"): KnownKey("CharField", {"max_length": 40}),
}
"""Of models that do not have an automatic `id`."""

_NAMES: Mapping[tuple[str, str], str] = {("authtoken", "token"): "key", ("sessions", "session"): "session_key"}
_NAMES_IN: Mapping[str, str] = {"djstripe": "djstripe_id"}
"""By app: what the primary keys of most of its models are called."""

TABLES: Mapping[tuple[str, str], str] = {
    ("admin", "logentry"): "django_admin_log",
    ("contenttypes", "contenttype"): "django_content_type",
    ("django_comments", "comment"): "django_comments",
    ("django_comments", "commentflag"): "django_comment_flags",
    ("flatpages", "flatpage"): "django_flatpage",
    ("redirects", "redirect"): "django_redirect",
    ("sessions", "session"): "django_session",
    ("sites", "site"): "django_site",
    ("social_django", "association"): "social_auth_association",
    ("social_django", "code"): "social_auth_code",
    ("social_django", "nonce"): "social_auth_nonce",
    ("social_django", "partial"): "social_auth_partial",
    ("social_django", "usersocialauth"): "social_auth_usersocialauth",
}
"""Their tables, where they are not called `app_model`."""


def known_key(app: str, model: str) -> KnownKey | None:
    """The primary key of a model; None if nothing is known of it."""
    return _KEYS_OF_MODELS.get((app, model)) or _KEYS.get(app)


def name_of_key(app: str, model: str) -> str:
    """What the primary key is called."""
    return _NAMES.get((app, model)) or _NAMES_IN.get(app, "id")
