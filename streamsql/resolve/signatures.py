"""The names of Spark's functions, and how many arguments each takes.

The counts are those that Spark 4.1.1 took when it was asked, see ``tests/oracle/arity.txt``, with
what later versions take too. Those know more functions: there a name is called unknown only where
it looks like a misspelt one.
"""

from __future__ import annotations

from functools import cache

from sqlglot import exp

from streamsql.dialect import function_name
from streamsql.findings import did_you_mean
from streamsql.resolve.fixed_functions import AGGREGATES, FIXED
from streamsql.resolve.walk import Walk

GENERATORS = frozenset(
    {
        "explode",
        "explode_outer",
        "inline",
        "inline_outer",
        "json_tuple",
        "posexplode",
        "posexplode_outer",
        "stack",
        "variant_explode",
        "variant_explode_outer",
    }
)
_KNOWN_UNTIL = (4, 1)
_LIKE_A_MISTAKE = 0.8
# Families that grew after 4.1: a name that begins so may be a new member.
_GROWING = ("kll_", "theta_", "tuple_", "hll_", "st_", "approx_", "vector_", "bitmap_", "time_")

_COUNTS: dict[tuple[int, int | None], str] = {
    (0, 0): """
        cume_dist curdate current_catalog current_database current_schema current_timezone e
        input_file_block_length input_file_block_start input_file_name
        monotonically_increasing_id now pi row_number spark_partition_id version
    """,
    (0, 1): """
        ntile rand randn random uuid
    """,
    (0, 2): """
        make_ym_interval mode unix_timestamp
    """,
    (0, 4): """
        lag lead make_dt_interval
    """,
    (0, 7): """
        make_interval
    """,
    (0, 8): """
        map named_struct
    """,
    (0, None): """
        array arrays_zip concat dense_rank grouping_id map_concat percent_rank rank struct
    """,
    (1, 1): """
        abs acos acosh array_agg array_compact array_distinct array_max array_min array_size
        ascii asin asinh atan atanh avg base64 bigint bin binary bit_and bit_count bit_length
        bit_or bit_xor bitmap_and_agg bitmap_bit_position bitmap_bucket_number
        bitmap_construct_agg bitmap_count bitmap_or_agg bool_and bool_or boolean cardinality
        cbrt char char_length character_length chr collation collect_list collect_set cos cosh
        cot count_if crc32 csc date date_from_unix_date day dayname dayofmonth dayofweek
        dayofyear decimal degrees double every exp explode explode_outer expm1 factorial flatten
        float grouping hex hll_sketch_estimate initcap inline inline_outer int is_valid_utf8
        is_variant_null isnan isnotnull isnull json_array_length json_object_keys
        kll_sketch_get_n_bigint kll_sketch_get_n_double kll_sketch_get_n_float
        kll_sketch_to_string_bigint kll_sketch_to_string_double kll_sketch_to_string_float
        kurtosis last_day lcase len length ln log10 log1p log2 lower luhn_check make_valid_utf8
        map_entries map_from_entries map_keys map_values max md5 mean median min month monthname
        negative nullifzero octet_length parse_json percentile_cont percentile_disc posexplode
        posexplode_outer positive quarter quote radians raise_error reverse rint
        schema_of_variant schema_of_variant_agg sec sha sha1 sign signum sin sinh size skewness
        smallint some soundex space sqrt st_asbinary st_geogfromwkb st_geomfromwkb st_srid std
        stddev stddev_pop stddev_samp string sum tan tanh theta_intersection_agg
        theta_sketch_estimate time timestamp timestamp_micros timestamp_millis timestamp_seconds
        tinyint to_variant_object try_avg try_parse_json try_sum try_url_decode
        try_validate_utf8 typeof ucase unbase64 unhex unix_date unix_micros unix_millis
        unix_seconds upper url_decode url_encode validate_utf8 var_pop var_samp variance weekday
        weekofyear window_time year zeroifnull
    """,
    (1, 2): """
        any_value approx_count_distinct approx_top_k_accumulate approx_top_k_combine
        approx_top_k_estimate array_sort assert_true bround btrim ceil ceiling first first_value
        floor from_unixtime hll_sketch_agg hll_union_agg kll_sketch_agg_bigint
        kll_sketch_agg_double kll_sketch_agg_float last last_value listagg log ltrim randstr
        round rtrim schema_of_avro schema_of_csv schema_of_json schema_of_xml shuffle sort_array
        string_agg theta_sketch_agg theta_union_agg to_avro to_binary to_csv to_date to_json
        to_time to_timestamp to_timestamp_ltz to_timestamp_ntz to_unix_timestamp to_xml trim
        try_to_binary try_to_date try_to_time try_to_timestamp
    """,
    (1, 3): """
        approx_top_k sentences str_to_map
    """,
    (1, 5): """
        mask
    """,
    (1, 7): """
        make_timestamp try_make_interval try_make_timestamp
    """,
    (1, None): """
        coalesce concat_ws count format_string hash hour minute printf second xxhash64
    """,
    (2, 2): """
        add_months array_append array_contains array_except array_intersect array_position
        array_prepend array_remove array_repeat array_union arrays_overlap atan2 bit_get collate
        contains corr covar_pop covar_samp date_add date_diff date_format date_part date_sub
        date_trunc dateadd datediff datepart div element_at encode endswith equal_null exists
        filter find_in_set forall format_number from_utc_timestamp get get_json_object getbit
        histogram_numeric hypot ifnull instr kll_sketch_get_quantile_bigint
        kll_sketch_get_quantile_double kll_sketch_get_quantile_float kll_sketch_get_rank_bigint
        kll_sketch_get_rank_double kll_sketch_get_rank_float kll_sketch_merge_bigint
        kll_sketch_merge_double kll_sketch_merge_float left map_contains_key map_filter
        map_from_arrays max_by min_by mod nanvl next_day nullif nvl pmod pow power regexp
        regexp_count regexp_like regexp_substr regr_avgx regr_avgy regr_count regr_intercept
        regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat right rlike session_window sha2
        shiftleft shiftright shiftrightunsigned st_setsrid startswith theta_difference
        theta_intersection time_trunc to_char to_number to_utc_timestamp to_varchar transform
        transform_keys transform_values trunc try_add try_divide try_element_at try_mod
        try_multiply try_subtract try_to_number xpath xpath_boolean xpath_double xpath_float
        xpath_int xpath_long xpath_number xpath_short xpath_string
    """,
    (2, 3): """
        approx_percentile array_join convert_timezone from_avro from_csv from_json from_xml
        hll_union ilike levenshtein like locate lpad months_between nth_value parse_url
        percentile percentile_approx position regexp_extract regexp_extract_all regexp_instr
        replace rpad sequence split substr substring theta_union try_parse_url try_variant_get
        uniform variant_get
    """,
    (2, 4): """
        from_protobuf to_protobuf window
    """,
    (2, 5): """
        aes_decrypt try_aes_decrypt
    """,
    (2, 6): """
        aes_encrypt make_timestamp_ntz try_make_timestamp_ntz
    """,
    (2, 7): """
        make_timestamp_ltz try_make_timestamp_ltz
    """,
    (2, None): """
        decode elt greatest java_method json_tuple least reflect stack try_reflect
    """,
    (3, 3): """
        array_insert conv if make_date make_time map_zip_with nvl2 slice split_part
        substring_index time_diff translate zip_with
    """,
    (3, 4): """
        aggregate overlay reduce regexp_replace
    """,
    (4, 4): """
        count_min_sketch width_bucket
    """,
}
_HOLES: dict[str, str] = {
    "make_timestamp": "1 2 3 6 7",
    "make_timestamp_ltz": "2 3 6 7",
    "make_timestamp_ntz": "2 6",
    "try_make_timestamp": "1 2 3 6 7",
    "try_make_timestamp_ltz": "2 3 6 7",
    "try_make_timestamp_ntz": "2 6",
}
"""Counts of those that do not take every count between the least and the most."""
_PAIRED = frozenset({"map", "named_struct"})
_LATER: dict[str, tuple[int, int | None]] = {
    "instr": (2, 4),
    "max_by": (2, 3),
    "min_by": (2, 3),
    "now": (0, 1),
    "st_asbinary": (1, 2),
    "st_geomfromwkb": (1, 2),
}
"""Counts of those of which Spark 4.3 takes more: 4.2 is let take them, too."""
_ASKED_UNTIL = (4, 3)
_AFTER_UNIT = frozenset({"date_add", "date_diff", "dateadd", "datediff"})
"""Functions of which a third argument is only taken where the first is a unit of time."""
_UNITS = frozenset(
    ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DAYOFYEAR", "HOUR", "MINUTE", "SECOND")
) | {"MILLISECOND", "MICROSECOND"}
_IN_GRAMMAR: dict[tuple[int, int | None], str] = {
    (0, 0): "current_date current_timestamp current_user localtimestamp session_user user",
    (0, 1): "current_time",
    (1, 1): "any not",
    (2, 2): "and extract or",
    (3, 3): "between",
    (1, 4): "range",
    (0, None): """
        cast collations cube grouping_sets identifier in rollup sql_keywords timestampadd
        try_cast variant_explode variant_explode_outer
    """,
}
"""Those that have a syntax of their own, or make tables."""


@cache
def _table() -> dict[str, tuple[int, int | None]]:
    groups = (*_IN_GRAMMAR.items(), *_COUNTS.items())
    counts = {name: count for count, names in groups for name in names.split()}
    return {**dict.fromkeys((*FIXED, *AGGREGATES), (0, None)), **counts}


def is_function(name: str) -> bool:
    """Whether a function of this name is known, so that it is known to be no aggregate."""
    return name in _table()


def check_call(node: exp.Expr, walk: Walk) -> None:
    """Report a call of a function that does not exist, or with too many or too few arguments."""
    name = function_name(node) or ""
    if name not in _table():
        _report_unknown(name, node, walk)
        return
    given = _given(node)
    if given == 3 and name in _AFTER_UNIT:
        given -= node.expressions[0].name.upper() in _UNITS
    if given is not None:
        check_count(name, given, node, walk)


def check_count(name: str, given: int, node: exp.Expr, walk: Walk) -> None:
    """Report a call of a known function with too many or too few arguments."""
    found = _table().get(name)
    if found is None:
        return
    if walk.release > _KNOWN_UNTIL:
        found = _LATER.get(name, found)
    least, most = found if walk.release <= _ASKED_UNTIL else (found[0], None)
    holes = _HOLES.get(name)
    odd = name in _PAIRED and given % 2 == 1
    fits = least <= given and (most is None or given <= most) and not odd
    if fits and (holes is None or str(given) in holes.split()):
        return
    takes = _counted(least, most) if holes is None else _listed(holes)
    takes = "pairs of arguments" if odd else takes
    message = f"{name}(…) takes {takes}, and here are {given or 'none'}"
    walk.report("wrong-argument-count", message, node)


def _listed(counts: str) -> str:
    *first, last = counts.split()
    return f"{', '.join(first)} or {last} arguments"


def _given(node: exp.Expr) -> int | None:
    """Count the arguments; None where a star stands for several."""
    given = 0
    for argument in node.expressions:
        if argument.is_star:
            return None
        distinct = isinstance(argument, exp.Distinct)
        given += len(argument.expressions) if distinct else 1
    return given


def _counted(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least} argument" + ("" if least == 1 else "s")
    if least == most:
        return f"{least or 'no'} argument" + ("" if least == 1 else "s")
    return f"{least} to {most} arguments"


def _report_unknown(name: str, node: exp.Expr, walk: Walk) -> None:
    hint = did_you_mean(name, _table())
    if walk.release > _KNOWN_UNTIL:
        near = did_you_mean(name, _table(), _LIKE_A_MISTAKE)
        if near is None or name.startswith(_GROWING):
            return
        hint = near
    walk.report("unknown-function", f"Spark has no function '{name}'", node, hint)
