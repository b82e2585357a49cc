"""How volatile an expression is: what decides between a stored default and a rewrite of the table.

https://www.postgresql.org/docs/current/xfunc-volatility.html. The names are those of pg_proc (`provolatile`).
"""

from __future__ import annotations

from miglint.catalog import Catalog, Volatility
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import function_name, walk
from miglint.dialects.postgresql.words import words

VOLATILE = words(
    """
    clock_timestamp currval gen_random_bytes gen_random_uuid gen_salt lastval lo_create lo_from_bytea lo_import
    nextval pg_advisory_lock pg_advisory_xact_lock pg_database_size pg_notify pg_relation_size pg_sleep
    pg_table_size pg_total_relation_size pg_try_advisory_lock query_to_xml random random_normal set_config
    setseed setval timeofday txid_status uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 uuidv4 uuidv7
    """
)
STABLE_OR_IMMUTABLE = words(
    """
    abs acos age area array_append array_cat array_dims array_fill array_length array_lower array_ndims
    array_position array_positions array_prepend array_remove array_replace array_to_json array_to_string
    array_to_tsvector array_upper ascii asin atan atan2 bit_count bit_length bool box btrim cardinality
    cast_to_tstz cbrt ceil ceiling char_length character_length chr circle coalesce concat concat_ws convert
    convert_from convert_to cos cot current_catalog current_database current_role current_schema current_schemas
    current_setting current_user date date_bin date_part date_trunc daterange decode degrees digest div encode
    enum_first enum_last enum_range exp extract factorial family floor format format_type gcd get_bit get_byte
    get_current_ts_config greatest height hmac host hostmask hstore immutable_unaccent inet_client_addr
    inet_merge inet_server_addr initcap int4range int8range interval isempty isfinite json_array_elements
    json_array_length json_build_array json_build_object json_extract_path json_extract_path_text json_object
    json_strip_nulls json_to_tsvector json_typeof jsonb_array_elements jsonb_array_elements_text
    jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_exists
    jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_keys jsonb_path_exists
    jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_populate_record
    jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_tsvector jsonb_typeof justify_days
    justify_hours justify_interval lcm least left length like_escape ln localtimestamp log log10 lower lower_inc
    lower_inf lpad lseg ltree2text ltrim make_date make_interval make_time make_timestamp make_timestamptz
    masklen md5 min_scale mod multirange netmask network normalize now nullif num_nonnulls num_nulls numnode
    numrange obj_description octet_length overlay parse_ident path pg_backend_pid pg_get_serial_sequence
    pg_client_encoding pg_column_size pg_current_snapshot pg_current_xact_id

    phraseto_tsquery pi plainto_tsquery point polygon position pow power quote_ident quote_literal
    quote_nullable radians range_merge regexp_count regexp_instr regexp_like regexp_match regexp_matches
    regexp_replace regexp_split_to_array
    regexp_split_to_table regexp_substr repeat replace reverse right round row_to_json rpad rtrim scale
    session_user set_bit set_byte set_masklen setweight sha224 sha256 sha384 sha512 sign similarity sin
    split_part sqrt starts_with statement_timestamp string_to_array string_to_table strip strpos substr
    substring tan text text2ltree textcat timezone to_ascii to_char to_date to_hex to_json to_jsonb to_number
    to_regclass to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim_array trim_scale trunc
    ts_delete ts_filter ts_headline ts_rank ts_rank_cd ts_rewrite tsquery_phrase tsrange tstzrange
    tsvector_to_array txid_current txid_current_snapshot unaccent unnest upper upper_inc upper_inf user uuid_generate_v3
    uuid_generate_v5 uuid_nil uuid_ns_dns uuid_ns_url version websearch_to_tsquery width width_bucket
    word_similarity xmlcomment
    """
)

_DEPTH = 5
"""How many SQL functions are inlined into each other before the answer is unknown."""


def volatility(tree: Node | None, catalog: Catalog, depth: int = _DEPTH) -> Volatility:
    """The worst volatility of the functions in an expression, inlined SQL functions seen through."""
    worst = Volatility.IMMUTABLE
    for kind, node in walk(tree):
        if kind == "FuncCall":
            schema, name = function_name(node)
            found = _of_function(schema, name, catalog, depth)
        elif kind == "NextValueExpr":
            found = Volatility.VOLATILE
        else:
            continue
        if found is Volatility.VOLATILE:
            return found
        if _RANK[found] > _RANK[worst]:
            worst = found
    return worst


def _of_function(schema: str | None, name: str, catalog: Catalog, depth: int) -> Volatility:
    own = catalog.resolve_function(schema, name)
    if own is not None:
        if own.body is not None and own.volatility is Volatility.VOLATILE:
            return volatility(own.body.tree, catalog, depth - 1) if depth else Volatility.UNKNOWN
        return own.volatility
    if name in VOLATILE:
        return Volatility.VOLATILE
    return Volatility.STABLE if name in STABLE_OR_IMMUTABLE else Volatility.UNKNOWN


_RANK = {Volatility.IMMUTABLE: 0, Volatility.STABLE: 1, Volatility.UNKNOWN: 2, Volatility.VOLATILE: 3}
