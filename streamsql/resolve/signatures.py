"""The names of Spark's functions, and how many arguments each takes.

The table was read out of ``FunctionRegistry`` of Spark 4.1.1 and the constructors of the
expressions it names; where a version may take more, the count is open. Later versions know more
functions: there a name is called unknown only where it looks like a misspelt one.
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
    (0, 1): """
        current_time ntile rand randn random uuid
    """,
    (0, 2): """
        make_ym_interval unix_timestamp
    """,
    (0, 4): """
        lag lead make_dt_interval
    """,
    (0, 7): """
        make_interval
    """,
    (0, 0): """
        cume_dist current_catalog current_database current_date current_schema current_timestamp
        current_timezone current_user e input_file_block_length input_file_block_start
        input_file_name localtimestamp monotonically_increasing_id now pi row_number session_user
        spark_partition_id user version
    """,
    (1, 1): """
        abs acos acosh any array_agg array_compact array_distinct array_max array_min array_size
        ascii asin asinh atan atanh avg base64 bin bit_and bit_count bit_length bit_or bit_xor
        bitmap_and_agg bitmap_bit_position bitmap_bucket_number bitmap_construct_agg bitmap_count
        bitmap_or_agg bool_and bool_or cardinality cbrt char char_length character_length chr
        collation collect_list collect_set cos cosh cot count_if crc32 csc date_from_unix_date day
        dayname dayofmonth dayofweek dayofyear degrees every exp expm1 factorial flatten grouping
        hex hll_sketch_estimate initcap is_valid_utf8 is_variant_null isnan isnotnull isnull
        json_array_length json_object_keys kll_sketch_get_n_bigint kll_sketch_get_n_double
        kll_sketch_get_n_float kll_sketch_to_string_bigint kll_sketch_to_string_double
        kll_sketch_to_string_float kurtosis last_day lcase len length ln log10 log1p log2 lower
        luhn_check make_valid_utf8 map_entries map_from_entries map_keys map_values max md5 mean
        median min month monthname negative not octet_length positive product quarter quote
        radians reverse rint schema_of_variant schema_of_variant_agg sec sha sha1 sign signum sin
        sinh size skewness some soundex space sqrt st_asbinary st_geogfromwkb st_geomfromwkb
        st_srid std stddev stddev_pop stddev_samp sum tan tanh theta_intersection_agg
        theta_sketch_estimate timestamp_micros timestamp_millis timestamp_seconds
        to_variant_object try_validate_utf8 typeof ucase unbase64 unhex unix_date unix_micros
        unix_millis unix_seconds upper url_decode url_encode validate_utf8 var_pop var_samp
        variance weekday weekofyear window_time year
    """,
    (1, 2): """
        any_value approx_count_distinct approx_top_k_accumulate approx_top_k_combine
        approx_top_k_estimate array_sort bround first first_value from_unixtime hll_sketch_agg
        hll_union_agg kll_sketch_agg_bigint kll_sketch_agg_double kll_sketch_agg_float last
        last_value log nullifzero randstr round schema_of_avro schema_of_csv schema_of_json
        schema_of_xml shuffle sort_array theta_sketch_agg theta_union_agg to_avro to_binary to_csv
        to_date to_json to_time to_timestamp to_unix_timestamp to_xml try_to_binary try_url_decode
        zeroifnull
    """,
    (1, 3): """
        approx_top_k assert_true bloom_filter_agg sentences str_to_map
    """,
    (1, 8): """
        try_make_interval
    """,
    (1, None): """
        count
        coalesce
    """,
    (2, 2): """
        add_months and array_append array_binary_search array_contains array_except
        array_intersect array_position array_prepend array_remove array_repeat array_union
        arrays_overlap atan2 bit_get corr covar_pop covar_samp date_format date_sub date_trunc div
        element_at encode exists filter find_in_set forall format_number from_utc_timestamp get
        get_json_object getbit histogram_numeric hypot instr kll_sketch_get_quantile_bigint
        kll_sketch_get_quantile_double kll_sketch_get_quantile_float kll_sketch_get_rank_bigint
        kll_sketch_get_rank_double kll_sketch_get_rank_float kll_sketch_merge_bigint
        kll_sketch_merge_double kll_sketch_merge_float left map_contains_key map_filter
        map_from_arrays mod nanvl next_day or pmod pow power regexp regexp_count
        regexp_like regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope
        regr_sxx regr_sxy regr_syy repeat right rlike sha2 shiftleft shiftright shiftrightunsigned
        st_setsrid theta_difference theta_intersection time_trunc to_number to_utc_timestamp
        transform transform_keys transform_values trunc try_to_number xpath xpath_boolean
        xpath_double xpath_float xpath_int xpath_long xpath_number xpath_short xpath_string
    """,
    (2, 3): """
        approx_percentile array_join convert_timezone equal_null extract from_avro from_csv
        from_json from_xml hll_union ifnull ilike levenshtein like locate max_by min_by
        months_between nth_value
        nullif nvl percentile percentile_approx position regexp_extract regexp_extract_all
        regexp_instr replace sequence split theta_union try_add try_divide try_element_at try_mod
        try_multiply try_subtract uniform
    """,
    (2, 4): """
        from_protobuf to_protobuf
    """,
    (2, 5): """
        aes_decrypt
    """,
    (2, 6): """
        aes_encrypt try_aes_decrypt
    """,
    (2, None): """
        elt greatest json_tuple least stack
    """,
    (3, 3): """
        array_insert conv if make_date make_time map_zip_with slice split_part substring_index
        time_diff translate zip_with
    """,
    (3, 4): """
        aggregate between nvl2 reduce regexp_replace
    """,
    (4, 4): """
        width_bucket
    """,
}
_ANY_COUNT = """
    array arrays_zip bigint binary boolean btrim cast ceil ceiling collate concat concat_ws
    contains count count_min_sketch curdate date date_add date_diff date_part dateadd datediff
    datepart decimal decode dense_rank double endswith explode explode_outer float floor
    format_string grouping_id hash hour in inline inline_outer int java_method listagg lpad
    ltrim make_timestamp make_timestamp_ltz make_timestamp_ntz map map_concat mask minute mode
    named_struct overlay parse_json parse_url percent_rank percentile_cont percentile_disc
    posexplode posexplode_outer printf raise_error rank reflect rpad rtrim second session_window
    smallint startswith string string_agg substr substring time timestamp timestampadd
    timestampdiff tinyint to_char to_timestamp_ltz to_timestamp_ntz to_varchar trim try_avg
    try_make_timestamp try_make_timestamp_ltz try_make_timestamp_ntz try_parse_json
    try_parse_url try_reflect try_sum try_to_date try_to_time try_to_timestamp try_variant_get
    variant_get window xxhash64
"""
_ELSEWHERE = """
    struct identifier collations sql_keywords range variant_explode variant_explode_outer
    session_window window cube rollup grouping_sets try_cast exists
"""


@cache
def _table() -> dict[str, tuple[int, int | None]]:
    counts = {name: count for count, names in _COUNTS.items() for name in names.split()}
    others = (*_ANY_COUNT.split(), *_ELSEWHERE.split(), *FIXED, *AGGREGATES)
    return {**dict.fromkeys(others, (0, None)), **counts}


def is_function(name: str) -> bool:
    """Whether a function of this name is known, so that it is known to be no aggregate."""
    return name in _table()


def check_call(node: exp.Expr, walk: Walk) -> None:
    """Report a call of a function that does not exist, or with too many or too few arguments."""
    name = function_name(node) or ""
    count = _table().get(name)
    if count is None:
        _report_unknown(name, node, walk)
        return
    given = _given(node)
    least, most = count
    if given is None or (least <= given and (most is None or given <= most)):
        return
    walk.report(
        "wrong-argument-count",
        f"{name}(…) takes {_counted(least, most)}, and here are {given}",
        node,
    )


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
