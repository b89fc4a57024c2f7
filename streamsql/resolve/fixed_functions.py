"""Spark's functions that give one type whatever their arguments, and those that aggregate."""

from __future__ import annotations

from collections.abc import Mapping

from streamsql.datatypes import Array, DataType, Decimal, Map, Primitive
from streamsql.resolve.coercion import (
    BIGINT,
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    VARIANT,
    VOID,
)

_AGGREGATE_NAMES = """
    any any_value approx_count_distinct approx_percentile approx_top_k
    approx_top_k_accumulate approx_top_k_combine array_agg avg bit_and bit_or bit_xor
    bitmap_construct_agg bitmap_or_agg bitmap_and_agg bool_and bool_or collect_list
    collect_set corr count count_if count_min_sketch covar_pop covar_samp every first
    first_value grouping grouping_id histogram_numeric hll_sketch_agg hll_union_agg kurtosis
    kll_sketch_agg_bigint kll_sketch_agg_double kll_sketch_agg_float last last_value listagg
    max max_by mean measure median min min_by mode percentile percentile_approx
    percentile_cont percentile_disc regr_avgx regr_avgy regr_count regr_intercept regr_r2
    regr_slope regr_sxx regr_sxy regr_syy schema_of_variant_agg skewness some std stddev
    stddev_pop stddev_samp string_agg sum theta_intersection_agg theta_sketch_agg
    theta_union_agg try_avg try_sum var_pop var_samp variance
"""
AGGREGATES = frozenset(_AGGREGATE_NAMES.split())

_NAMES_BY_TYPE: Mapping[DataType, str] = {
    STRING: """array_join base64 bin btrim char chr collation concat_ws conv
        current_catalog current_database current_schema current_timezone current_user
        date_format dayname format_number format_string from_unixtime get_json_object hex
        initcap input_file_name lcase left listagg lower ltrim make_valid_utf8 mask md5
        monthname overlay parse_url printf quote randstr regexp_extract regexp_replace
        regexp_substr repeat replace right rtrim schema_of_csv schema_of_json
        schema_of_variant schema_of_xml session_user sha sha1 sha2 soundex space split_part
        string string_agg substring_index to_char to_csv to_json to_varchar to_xml translate
        trim try_parse_url try_url_decode try_validate_utf8 typeof ucase upper url_decode
        url_encode user uuid validate_utf8 version xpath_string""",
    INT: """array_size ascii bit_count bit_length cardinality char_length character_length
        day dayofmonth dayofweek dayofyear dense_rank find_in_set
        hash hour instr json_array_length len length levenshtein locate minute month
        ntile octet_length position quarter rank regexp_count regexp_instr row_number second
        size spark_partition_id unix_date weekday weekofyear xpath_int year""",
    BIGINT: """approx_count_distinct array_position bigint div bitmap_bit_position
        bitmap_bucket_number hll_sketch_estimate bitmap_count count count_if crc32 factorial
        monotonically_increasing_id regr_count timestampdiff to_unix_timestamp unix_micros
        unix_millis unix_seconds unix_timestamp width_bucket xpath_long xxhash64
        grouping_id""",
    DOUBLE: """acos acosh asin asinh atan atan2 atanh cbrt corr cos cosh cot covar_pop
        covar_samp csc cume_dist degrees double e exp expm1 hypot kurtosis ln log log10 log1p
        log2 months_between percent_rank pi pow power radians rand randn random
        regr_intercept regr_r2 regr_slope rint sec sin sinh skewness sqrt std stddev
        stddev_pop stddev_samp tan tanh var_pop var_samp variance xpath_double xpath_number""",
    BOOLEAN: """any array_contains arrays_overlap bool_and bool_or boolean contains endswith
        equal_null every exists forall ilike is_valid_utf8 is_variant_null isnan isnotnull
        isnull like luhn_check map_contains_key regexp regexp_like rlike some startswith
        xpath_boolean""",
    DATE: """add_months curdate current_date date date_from_unix_date date_sub last_day
        make_date next_day to_date trunc try_to_date""",
    TIMESTAMP: """current_timestamp date_trunc from_utc_timestamp make_timestamp
        make_timestamp_ltz now timestamp timestamp_micros timestamp_millis timestamp_seconds
        to_timestamp to_timestamp_ltz to_utc_timestamp try_make_timestamp
        try_make_timestamp_ltz try_to_timestamp""",
    TIMESTAMP_NTZ: """convert_timezone localtimestamp make_timestamp_ntz to_timestamp_ntz
        try_make_timestamp_ntz""",
    BINARY: """aes_decrypt aes_encrypt binary bitmap_construct_agg bitmap_or_agg
        count_min_sketch encode hll_sketch_agg hll_union hll_union_agg to_binary
        try_aes_decrypt try_to_binary unbase64 unhex""",
    VARIANT: "parse_json to_variant_object try_parse_json",
    FLOAT: "float xpath_float",
    VOID: "assert_true raise_error",
    Primitive("smallint"): "smallint xpath_short",
    Primitive("tinyint"): "getbit bit_get grouping tinyint",
    INT.__class__("interval"): "make_interval try_make_interval",
    Primitive("interval day to second"): "make_dt_interval",
    Primitive("interval year to month"): "make_ym_interval",
    Decimal(10, 0): "decimal",
    Array(STRING): "json_object_keys regexp_extract_all split xpath",
    Array(Array(STRING)): "sentences",
    Map(STRING, STRING): "str_to_map",
}

FIXED: dict[str, DataType] = {
    name: data_type for data_type, names in _NAMES_BY_TYPE.items() for name in names.split()
}
FIXED["int"] = INT
