"""What types Spark's functions take: a table of signatures, read when the first call is judged.

Read off Spark 4.1.1, and held against 4.2 and 4.3, by asking for each type in each place, see
``tests/oracle/arguments.txt``. Rounded up: where a function takes one type more than a family
of the table has, it is let have a larger family.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

_NUMBERS = "tinyint int bigint float double decimal"
_TEXTS = f"boolean {_NUMBERS} string binary date timestamp ntz days months interval variant"
_SORTED = "[void] [boolean] [int] [double] [string] [binary] [date] [days] [struct] [array]"
_FAMILIES: dict[str, tuple[str, str]] = {
    "number": (f"{_NUMBERS} string", "a number"),
    "plainnumber": (_NUMBERS, "a number"),
    "whole": ("tinyint int bigint", "a whole number"),
    "int": ("tinyint int", "an int"),
    "bigint": ("bigint", "a bigint"),
    "double": ("float double", "a double"),
    "float": ("float", "a float"),
    "decimal": ("decimal", "a decimal"),
    "string": ("string", "text"),
    "binary": ("binary", "bytes"),
    "boolean": ("boolean", "a boolean"),
    "date": ("date", "a date"),
    "timestamp": ("timestamp", "a timestamp"),
    "ntz": ("ntz", "a timestamp_ntz"),
    "moment": ("string date timestamp ntz", "a date or timestamp"),
    "time": ("time", "a time of day"),
    "days": ("days", "an interval of days"),
    "months": ("months", "an interval of months"),
    "interval": ("interval", "an interval"),
    "variant": ("variant", "a variant"),
    "text": (_TEXTS, "a plain value"),
    "sortable": (
        f"boolean {_NUMBERS} string binary date timestamp ntz days months struct {_SORTED}",
        "what can be compared",
    ),
    "sortables": (_SORTED, "an array of what can be compared"),
    "texts": (
        "[void] [boolean] [int] [double] [string] [binary] [date] [days] [variant]",
        "an array of plain values",
    ),
    "numbers": ("[void] [int] [double]", "an array of numbers"),
    "arrays": ("[array]", "an array of arrays"),
    "structs": ("[struct] [unordered]", "an array of structs"),
    "array": (f"{_SORTED} [variant] [unordered] [map]", "an array"),
    "map": ("map textmap", "a map"),
    "textmap": ("textmap", "a map of texts"),
    "struct": ("struct unordered", "a struct"),
    "any": (
        f"{_TEXTS} {_SORTED} [variant] [unordered] [map] map textmap struct unordered",
        "a value",
    ),
}
"""Families of types: the classes of ``argument_types.class_of`` in each, and what it is called."""

# A signature, and the functions that have it: families with "|" between them for each argument;
# "!" for one value for all rows, "-" where NULL is refused, "*" where the last goes on.
_TABLE = """
any boolean-!: any_value first first_value last last_value mode
any int: array_repeat theta_sketch_agg
any int-!: lag lead
any number-!: nth_value
any plainnumber-!: approx_count_distinct
any sortable: max_by min_by
any-: to_variant_object
array: array_compact array_size
array array array *: arrays_zip
array int-: array_sort
array int|bigint!: shuffle
array number number: slice
array-: aggregate array_append array_prepend exists filter forall reduce transform
array- array-: zip_with
array- int-: array_insert
array- number: get
arrays-: flatten
array|map: cardinality size
array|map-: element_at try_element_at
array|map|struct|variant map-!: to_json
binary: hll_sketch_estimate theta_intersection_agg theta_sketch_estimate
binary binary: theta_difference theta_intersection
binary binary boolean: hll_union
binary binary int: theta_union
binary boolean: hll_union_agg
binary int: theta_union_agg
binary-: bitmap_and_agg bitmap_count bitmap_or_agg
boolean: if
boolean text: assert_true
date: unix_date make_timestamp/1
date time: make_timestamp/2 try_make_timestamp/2 make_timestamp_ltz/2 make_timestamp_ntz/2
date time: try_make_timestamp_ltz/2 try_make_timestamp_ntz/2
date time string: make_timestamp/3 make_timestamp_ltz/3 try_make_timestamp/3
date time string: try_make_timestamp_ltz/3
double int-!: kll_sketch_agg_double
float int-!: kll_sketch_agg_float
int-!: ntile
int-! any any *: stack
int|double int|double int: uniform
map: map_entries map_keys map_values
map-: map_filter transform_keys transform_values
map- any-: map_contains_key
map- map-: map_zip_with
map- map- map- *: map_concat
moment: day dayname dayofmonth dayofweek dayofyear last_day month monthname quarter weekday
moment: weekofyear year
moment any any *: hour minute second
moment int|string: date_add date_sub dateadd
moment moment: date_diff datediff
moment moment string|boolean: months_between
moment number: add_months
moment string: to_unix_timestamp unix_timestamp
moment text: date_format from_utc_timestamp next_day to_utc_timestamp trunc
moment|variant: date
moment|whole|days|months moment|whole|days|months whole|string|days|months|interval: sequence
number: acos acosh asin asinh atan atanh bin bitmap_bit_position bitmap_bucket_number
number: bitmap_construct_agg cbrt char chr cos cosh cot csc date_from_unix_date degrees exp expm1
number: factorial isnan kurtosis ln log10 log1p log2 nullifzero radians rint sec sin sinh
number: skewness space sqrt std stddev stddev_pop stddev_samp tan tanh var_pop var_samp variance
number: zeroifnull
number int-!: ceil ceiling floor
number number: atan2 corr covar_pop covar_samp hypot log make_ym_interval mod nanvl pmod pow
number number: power regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx
number number: regr_sxy regr_syy shiftleft shiftright shiftrightunsigned try_mod
number number number: make_date
number number number number: make_dt_interval
number number number number number number number: make_interval try_make_interval
number number!: bround round
number text: from_unixtime
number text text *: elt
number! int!: randstr
number|boolean|timestamp|days|months|variant: bigint decimal int smallint tinyint
number|boolean|timestamp|variant: double float
number|boolean|variant: boolean
number|date number number number number number: make_timestamp_ntz try_make_timestamp_ntz
number|date number number number number number text: make_timestamp make_timestamp_ltz
number|date number number number number number text: try_make_timestamp try_make_timestamp_ltz
number|days|months: abs median sign signum
number|days|months number|days|months number|days|months number: width_bucket
number|days|months number|numbers-!: percentile percentile_cont percentile_disc
number|days|months|interval: negative positive
number|days|months|interval number: try_divide
number|days|months|interval number|days|months|interval: try_multiply
number|moment|binary text: to_char to_varchar
number|moment|boolean- number!: approx_top_k_accumulate
number|moment|boolean- number! number!: approx_top_k
number|moment|days|months number-!: histogram_numeric
number|moment|days|months number|numbers-! whole-!: approx_percentile percentile_approx
number|moment|days|months|interval number|moment|days|months|interval: try_add try_subtract
number|moment|variant: timestamp
number|timestamp|days|months: avg mean sum try_avg try_sum
plainnumber: timestamp_seconds
plainnumber int|string: format_number
sortable: max min
sortable sortable: equal_null nullif
sortable sortable sortable *: greatest least
sortables: array_distinct array_max array_min
sortables array: map_from_arrays
sortables boolean: sort_array
sortables-: array_contains array_position array_remove
sortables- sortables-: array_except array_intersect array_union arrays_overlap
sortable|interval sortable|interval sortable|interval *: hash xxhash64
sortable|text|texts: collect_set
string: collation json_array_length json_object_keys parse_json soundex try_parse_json
string any map-!: from_csv from_json from_xml
string string: get_json_object xpath xpath_boolean xpath_double xpath_float xpath_int xpath_long
string string: xpath_number xpath_short xpath_string
string string string: parse_url str_to_map try_parse_url
string string! string! string! string!: mask
string! moment|days|months|interval: date_part datepart
string- string- string- *: json_tuple
string-! map-!: schema_of_csv schema_of_json schema_of_xml
string|binary: base64 crc32 kll_sketch_get_n_bigint kll_sketch_get_n_double
string|binary: kll_sketch_get_n_float kll_sketch_to_string_bigint kll_sketch_to_string_double
string|binary: kll_sketch_to_string_float md5 sha sha1
string|binary number: sha2
string|binary number|numbers!: kll_sketch_get_quantile_bigint kll_sketch_get_quantile_double
string|binary number|numbers!: kll_sketch_get_quantile_float kll_sketch_get_rank_bigint
string|binary number|numbers!: kll_sketch_get_rank_double kll_sketch_get_rank_float
string|binary string|binary: kll_sketch_merge_bigint kll_sketch_merge_double
string|binary string|binary: kll_sketch_merge_float
string|binary string|binary text text string|binary: aes_decrypt try_aes_decrypt
string|binary string|binary text text string|binary string|binary: aes_encrypt
string|binary text: decode/2
string|binary|variant: binary
string|boolean: any bool_and bool_or count_if every some
struct map-!: to_csv
struct-: approx_top_k_estimate
struct- any: approx_top_k_combine
structs-: map_from_entries
struct|variant map-!: to_xml
text: ascii bit_length char_length character_length hex initcap is_valid_utf8 lcase len length
text: lower luhn_check make_valid_utf8 octet_length quote raise_error try_url_decode
text: try_validate_utf8 ucase unbase64 unhex upper url_decode url_encode validate_utf8
text any any *: format_string printf
text any!: try_to_binary
text moment: date_trunc convert_timezone/2
text number: left repeat right
text number number: conv substr substring
text number text: lpad rpad
text string!: to_binary
text text: btrim contains encode endswith find_in_set instr ltrim regexp_count regexp_like
text text: regexp_substr rtrim startswith to_date to_timestamp to_timestamp_ltz to_timestamp_ntz
text text: trim try_to_date try_to_timestamp
text text moment: convert_timezone
text text number: levenshtein locate position regexp_extract regexp_extract_all regexp_instr
text text number: split split_part substring_index
text text number number: overlay
text text text: replace sentences translate
text text text number!: regexp_replace
text text!: listagg string_agg to_number try_to_number
text text|texts text|texts *: concat_ws
texts string string: array_join
text|array: reverse
text|array text|array text|array *: concat
timestamp: unix_micros unix_millis unix_seconds
variant: is_variant_null schema_of_variant schema_of_variant_agg
variant string: try_variant_get variant_get
whole: bit_and bit_or bit_xor timestamp_micros timestamp_millis
whole int-!: kll_sketch_agg_bigint
whole number: bit_get getbit
whole!: rand randn random
whole|boolean: bit_count
whole|decimal|string|days|months whole|decimal|string|days|months: div
whole|string|binary any! any-! whole-!: count_min_sketch
whole|string|binary int: hll_sketch_agg
"""


class Taken(NamedTuple):
    """What one argument may be: classes of types, and what people call them.

    ``constant`` arguments have one value for all rows; the last may stand for all after it.
    """

    classes: frozenset[str]
    phrase: str
    constant: bool
    repeats: bool

    @property
    def for_the_rest(self) -> Taken | None:
        """What is asked of the arguments after this one."""
        return self if self.repeats else None


@cache
def taken_by(name: str, count: int) -> tuple[Taken, ...] | None:
    """Return what a function takes that is given ``count`` arguments; None if nobody knows."""
    signatures = _signatures()
    signature = signatures.get(f"{name}/{count}") or signatures.get(name)
    return None if signature is None else _read(signature)


@cache
def _signatures() -> dict[str, str]:
    lines = (line.partition(": ") for line in _TABLE.strip().splitlines())
    return {name: signature.strip() for signature, _, names in lines for name in names.split()}


@cache
def _read(signature: str) -> tuple[Taken, ...]:
    words = signature.removesuffix(" *").split()
    last = len(words) - 1
    return tuple(
        _one(word, signature.endswith(" *") and place == last) for place, word in enumerate(words)
    )


@cache
def _one(word: str, repeats: bool) -> Taken:
    constant = word.endswith("!")
    nothing = set() if "-" in word else {"void"}
    families = [_FAMILIES[name] for name in word.rstrip("-!").split("|")]
    classes = frozenset(" ".join(f[0] for f in families).split()) | nothing
    return Taken(classes, " or ".join(f[1] for f in families), constant, repeats)
