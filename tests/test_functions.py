"""One meaning: each function gives the same in SQL as in Python, and keeps the laws that people expect."""

import calendar
import datetime
import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import apsw
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from awmc.runtime.functions import FUNCTIONS, PYTHON_OPERATORS, overflows, register
from awmc.runtime.values import MAX_INT, MIN_INT, id_format

CONNECTION = apsw.Connection(":memory:")
register(CONNECTION)


def sql(expression: str, *arguments: Any) -> Any:
    return CONNECTION.execute(f"select {expression}", arguments).get


def python(name: str, *arguments: Any) -> Any:
    return FUNCTIONS[name].call(*arguments)


INTS = st.integers(-50, 50) | st.integers(MIN_INT, MAX_INT)
FLOATS = st.floats(allow_nan=False) | st.decimals(-1000, 1000, places=3).map(float)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
PHRASES = st.lists(
    st.sampled_from(["Box", "boxes", "café", "CAFES", "tea", "teas", "green", "İx", "straße", "ab", "-"]),
    max_size=4,
).map(" ".join)
DATES = st.dates().map(datetime.date.isoformat)
MOMENTS = st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat())
TIMES = st.times().map(lambda time: f"{time:%H:%M}")
PATTERNS = st.sampled_from(["[A-Z]{3}", r"\d+", "a|b", "(", ".*"])
FORMATS = st.sampled_from(["ORD-{n:05}", "{n}", "ORD", "{n:03}/x"])
VALUES = (
    st.none()
    | INTS
    | FLOATS
    | TEXTS
    | PHRASES
    | DATES
    | MOMENTS
    | TIMES
    | PATTERNS
    | FORMATS
    | st.binary(max_size=4)
)


def same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and (a == b)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(st.data())
def test_sql_and_python_agree(name: str, data: st.DataObject) -> None:
    arity = FUNCTIONS[name].arity
    arguments = data.draw(st.lists(VALUES, min_size=max(arity, 1), max_size=4 if arity < 0 else arity))
    expected = python(name, *arguments)
    assert expected is None or isinstance(expected, (str, int, float))
    assert not isinstance(expected, float) or math.isfinite(expected)
    marks = ", ".join("?" * len(arguments))
    assert same(sql(f"{name}({marks})", *arguments), expected)
    if None in arguments:
        assert expected is None


TYPED: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
    "awm_int": (INTS,),
    "awm_number": (FLOATS,),
    "awm_div": (INTS | FLOATS, INTS | FLOATS),
    "awm_mod": (INTS | FLOATS, INTS | FLOATS),
    "awm_money_mul": (INTS, INTS | FLOATS),
    "awm_money_div": (INTS, INTS | FLOATS),
    "awm_round": (INTS | FLOATS, st.integers(-4, 6) | INTS),
    "awm_floor": (FLOATS,),
    "awm_ceil": (FLOATS,),
    "awm_abs": (INTS | FLOATS,),
    "awm_money_round": (INTS, st.integers(-4, 6)),
    "awm_money_floor": (INTS,),
    "awm_money_ceil": (INTS,),
    "awm_min": (INTS, FLOATS, INTS),
    "awm_max": (TEXTS, DATES),
    "awm_len": (TEXTS,),
    "awm_lower": (TEXTS,),
    "awm_upper": (TEXTS,),
    "awm_trim": (TEXTS,),
    "awm_replace": (PHRASES, st.sampled_from(["", "a", "ea", "x"]), TEXTS),
    "awm_left": (TEXTS, INTS),
    "awm_right": (TEXTS, INTS),
    "awm_contains": (PHRASES, TEXTS),
    "awm_starts_with": (PHRASES, PHRASES),
    "awm_matches": (PHRASES, PHRASES),
    "awm_relevance": (PHRASES, PHRASES),
    "awm_regex": (TEXTS, PATTERNS),
    "awm_add": (DATES | MOMENTS | TIMES, st.integers(-50, 50) | INTS, st.integers(-200_000, 200_000) | INTS),
    "awm_seconds_between": (DATES | MOMENTS | TIMES, DATES | MOMENTS | TIMES),
    "awm_days_between": (DATES | MOMENTS, DATES | MOMENTS),
    "awm_date": (DATES | MOMENTS,),
    "awm_time": (DATES | MOMENTS,),
    "awm_year": (DATES | MOMENTS,),
    "awm_month": (DATES | MOMENTS,),
    "awm_weekday": (DATES | MOMENTS,),
    "awm_text": (INTS | FLOATS | TEXTS,),
    "awm_text_money": (INTS,),
    "awm_text_bool": (st.integers(0, 1),),
    "awm_format_id": (st.integers(1, MAX_INT), FORMATS),
}


def test_every_function_has_its_types_here() -> None:
    assert TYPED.keys() == FUNCTIONS.keys()


@pytest.mark.parametrize("name", TYPED)
@given(st.data())
def test_sql_and_python_agree_on_values_of_the_right_types(name: str, data: st.DataObject) -> None:
    arguments = [data.draw(strategy | st.none()) for strategy in TYPED[name]]
    marks = ", ".join("?" * len(arguments))
    assert same(sql(f"{name}({marks})", *arguments), python(name, *arguments))


# ---------------------------------------------------------------- SQL's own

SQL_OPERATORS = {"==": "? is ?", "!=": "? is not ?", "??": "coalesce(?, ?)", "and": "? and ?", "or": "? or ?"}


@pytest.mark.parametrize("name", PYTHON_OPERATORS)
@given(st.data())
def test_the_operators_agree_with_sqls_own(name: str, data: st.DataObject) -> None:
    call = PYTHON_OPERATORS[name]
    ints, numbers = st.none() | INTS, st.none() | FLOATS.filter(math.isfinite)
    arguments: list[Any]
    if name in ("not", "and", "or"):
        bools = st.none() | st.integers(0, 1)
        arguments = [data.draw(bools) for _ in range(1 if name == "not" else 2)]
        written = SQL_OPERATORS.get(name, "not ?")
    elif name in ("is null", "is not null"):
        arguments, written = [data.draw(ints | TEXTS)], f"? {name}"
    elif name in ("+", "-", "*", "neg"):
        # Ints beyond 64 bits go on as numbers; a number that is not finite is one that SQLite does have.
        kind, guard = data.draw(st.sampled_from([(ints, ""), (numbers, "awm_number")]))
        arguments = [data.draw(kind) for _ in range(1 if name == "neg" else 2)]
        written = f"{guard}(- ?)" if name == "neg" else f"{guard}(? {name} ?)"
    else:
        kind = data.draw(st.sampled_from([ints | numbers, st.none() | TEXTS]))
        arguments, written = [data.draw(kind), data.draw(kind)], SQL_OPERATORS.get(name, f"? {name} ?")
    assert same(sql(written, *arguments), call(*arguments))


def test_integer_arithmetic_goes_on_beyond_64_bits() -> None:
    assert PYTHON_OPERATORS["+"](MAX_INT, 1) == sql("? + ?", MAX_INT, 1) == 2.0**63
    assert PYTHON_OPERATORS["neg"](MIN_INT) == sql("- ?", MIN_INT) == 2.0**63
    assert PYTHON_OPERATORS["*"](MAX_INT, MIN_INT) == sql("? * ?", MAX_INT, MIN_INT) == -(2.0**126)


def test_what_cannot_be_held_is_null_and_counted() -> None:
    before = overflows.count
    assert PYTHON_OPERATORS["*"](1e200, 1e200) is sql("awm_number(? * ?)", 1e200, 1e200) is None
    assert sql("awm_int(? + 1 - 1)", MAX_INT) is None
    assert sql("awm_add('9999-12-31', 1, 0)") is None
    assert sql("awm_money_mul(?, 1e300)", 100) is None
    assert sql("awm_floor(1e300)") is None
    assert overflows.count == before + 6
    # Null for null, or for a divisor of 0, is a value like any other.
    assert sql("awm_add(null, 1, 0)") is sql("awm_div(1, 0)") is sql("awm_mod(1, 0)") is None
    assert overflows.count == before + 6


def test_functions_serve_in_a_schema() -> None:
    connection = apsw.Connection(":memory:")
    register(connection)
    connection.execute("pragma trusted_schema = off")
    connection.execute(
        "create table t (code text check (awm_regex(code, '[A-Z]{3}')), n text as (awm_lower(code)))"
    )
    connection.execute("create index i on t (awm_lower(code))")
    connection.execute("insert into t (code) values ('ABC')")
    assert connection.execute("select n from t where awm_lower(code) = 'abc'").get == "abc"
    with pytest.raises(apsw.ConstraintError):
        connection.execute("insert into t (code) values ('abcd')")


# ---------------------------------------------------------------- arithmetic


@given(INTS | FLOATS, INTS | FLOATS)
def test_the_remainder_takes_the_divisors_sign(a: Any, b: Any) -> None:
    remainder = python("awm_mod", a, b)
    if b == 0 or math.inf in (abs(a), abs(b)):
        assert remainder is None
    else:
        kind = float if isinstance(a, float) or isinstance(b, float) else int
        assert isinstance(remainder, kind)
        assert 0 <= remainder <= kind(b) if b > 0 else kind(b) <= remainder <= 0


@given(st.integers(-(10**6), 10**6), st.integers(-1000, 1000).filter(bool))
def test_a_division_and_its_remainder_make_the_whole(a: int, b: int) -> None:
    assert python("awm_floor", python("awm_div", a, b)) * b + python("awm_mod", a, b) == a


def test_division() -> None:
    assert same(python("awm_div", 7, 2), 3.5)
    assert same(python("awm_div", 6, 2), 3.0)
    assert python("awm_div", 1, 0) is python("awm_div", 1.0, 0.0) is python("awm_mod", 1, 0) is None
    assert python("awm_div", 5, math.inf) is python("awm_div", "6", 2) is python("awm_mod", "%d", 5) is None
    assert python("awm_mod", -7, 3) == 2
    assert python("awm_mod", 7, -3) == -2


@given(st.decimals(-(10**9), 10**9, places=6).map(float), st.integers(-3, 8))
def test_rounding_is_that_of_the_decimal_text(number: float, digits: int) -> None:
    context = Context(prec=60, rounding=ROUND_HALF_UP)
    wanted = Decimal(repr(number)).quantize(Decimal(1).scaleb(-digits), context=context)
    rounded = python("awm_round", number, digits)
    assert same(rounded, float(wanted) + 0.0)
    assert same(python("awm_round", rounded, digits), rounded)
    assert python("awm_round", -number, digits) == -rounded


@pytest.mark.parametrize(
    ("number", "digits", "rounded"),
    [
        (2.675, 2, 2.68),
        (1.005, 2, 1.01),
        (-2.5, 0, -3.0),
        (0.5, 0, 1.0),
        (-0.4, 0, 0.0),
        (1250, -2, 1300),
        (-1250, -2, -1300),
        (7, 2, 7),
        (1.5, 400, 1.5),
        (1.5, -400, 0.0),
        (12, MIN_INT, 0),
        (1.7976931348623157e308, -308, None),
    ],
)
def test_round(number: float, digits: int, rounded: float | None) -> None:
    assert same(python("awm_round", number, digits), rounded)


@given(st.integers(-(10**12), 10**12), st.integers(-(10**4), 10**4), st.integers(0, 4))
def test_money_by_a_number_is_rounded_half_away(cents: int, digits: int, places: int) -> None:
    factor = float(Decimal(digits).scaleb(-places))
    context = Context(prec=60, rounding=ROUND_HALF_UP)
    wanted = (Decimal(cents) * Decimal(digits).scaleb(-places)).quantize(Decimal(1), context=context)
    assert same(python("awm_money_mul", cents, factor), int(wanted))
    divided = python("awm_money_div", cents, factor)
    if factor == 0:
        assert divided is None
    else:
        assert abs(Decimal(divided) * Decimal(repr(factor)) - cents) <= abs(Decimal(repr(factor))) / 2
        assert python("awm_money_div", -cents, factor) == python("awm_money_div", cents, -factor) == -divided


def test_money() -> None:
    assert python("awm_money_mul", 12050, 0.1) == 1205
    assert python("awm_money_mul", 1, 0.5) == 1
    assert python("awm_money_mul", -1, 0.5) == -1
    assert python("awm_money_div", 1000, 3) == 333
    assert python("awm_money_div", 5, 10) == 1
    assert python("awm_money_mul", MAX_INT, 2) is python("awm_money_mul", 1, 1e300) is None
    assert python("awm_money_round", 12345, 0) == 12300
    assert python("awm_money_round", -12350, 0) == -12400
    assert python("awm_money_round", 12345, 1) == 12350
    assert python("awm_money_round", 12345, 2) == 12345
    assert [python("awm_money_floor", cents) for cents in (150, -150, 200)] == [100, -200, 200]
    assert [python("awm_money_ceil", cents) for cents in (150, -150, 200)] == [200, -100, 200]


@given(FLOATS.filter(math.isfinite))
def test_floor_and_ceil_are_ints_around_the_number(number: float) -> None:
    low, high = python("awm_floor", number), python("awm_ceil", number)
    if abs(number) < 2**62:
        assert low <= number <= high
        assert high - low == (0 if number == int(number) else 1)
    assert low is None or isinstance(low, int)


def test_least_and_greatest() -> None:
    assert python("awm_min", 3, 1.5, 2) == 1.5
    assert python("awm_max", "2026-03-02", "2026-01-01") == "2026-03-02"
    assert python("awm_max", 3, None) is python("awm_min", 1, "a") is python("awm_min") is None


# ---------------------------------------------------------------- texts


@given(TEXTS, st.integers(-3, 15))
def test_left_and_right_cut_at_code_points(text: str, count: int) -> None:
    left, right = python("awm_left", text, count), python("awm_right", text, count)
    assert text.startswith(left)
    assert text.endswith(right)
    assert python("awm_len", left) == python("awm_len", right) == min(max(count, 0), len(text))


def test_case_is_that_of_every_script() -> None:
    assert python("awm_lower", "ÀÉ Σ") == "àé σ"
    assert python("awm_upper", "straße é") == "STRASSE É"
    assert python("awm_trim", "\u00a0 a b\n") == "a b"
    assert python("awm_contains", "Große Straße", "STRASSE") == 1
    assert python("awm_contains", "abc", "") == 1
    assert python("awm_starts_with", "Éclair au café", "éCLAIR") == 1
    assert python("awm_starts_with", "a", "ab") == 0
    assert python("awm_replace", "aXbX", "X", "--") == "a--b--"
    assert python("awm_replace", "abc", "", "x") == "abc"
    assert python("awm_replace", "a" * 2000, "a", "b" * 2000) is None
    assert python("awm_regex", "ABC", "[A-Z]{3}") == 1
    assert python("awm_regex", "ABC\n", "[A-Z]{3}") == python("awm_regex", "٣", r"\d") == 0
    assert python("awm_regex", "x", "(") is None


@pytest.mark.parametrize(
    ("text", "words", "matched", "relevance"),
    [
        ("Green Tea Boxes", "box tea", 1, 2),
        ("Green Tea Box", "boxes", 1, 1),
        ("Category", "categories", 1, 1),
        ("dishes", "dish", 1, 1),
        ("headache", "headaches", 1, 1),
        ("two buses", "bus", 1, 1),
        ("a house", "houses", 1, 1),
        ("hero", "heroes", 1, 1),
        ("glass", "glas", 1, 0),
        ("status", "statu", 1, 0),
        ("care", "car", 1, 0),
        ("car", "care", 0, 0),
        ("Crème brûlée", "creme BRU", 1, 1),
        ("Smørrebrød", "smorrebrod", 1, 1),
        ("cardboard", "cards", 0, 0),
        ("wi-fi 6", "6 wi", 1, 2),
        ("tea", "tea tea", 1, 1),
        ("anything", "", 1, 0),
        ("anything", " - !", 1, 0),
        ("", "x", 0, 0),
        ("snake_case", "case", 1, 1),
    ],
)
def test_search(text: str, words: str, matched: int, relevance: int) -> None:
    assert python("awm_matches", text, words) == matched
    assert python("awm_relevance", text, words) == relevance


@given(PHRASES, PHRASES)
def test_search_is_blind_to_order_and_case(text: str, words: str) -> None:
    reverse = " ".join(reversed(words.split()))
    assert python("awm_matches", text, words) == python("awm_matches", text.upper(), reverse)
    assert python("awm_matches", f"{text} {words}", words) == 1
    assert python("awm_relevance", text, words) <= len(words.split())


# ---------------------------------------------------------------- moments


@given(st.datetimes(), st.integers(-(10**6), 10**6), st.integers(-(10**9), 10**9))
def test_a_moment_plus_seconds_is_that_far_away(moment: datetime.datetime, days: int, seconds: int) -> None:
    start = moment.replace(microsecond=0).isoformat()
    later = python("awm_add", start, 0, seconds)
    if later is None:
        assert not 1 <= moment.year + seconds / 31_000_000 <= 9998
    else:
        assert len(later) == 19
        assert python("awm_seconds_between", start, later) == seconds
    day = python("awm_add", start[:10], 0, days * 86_400)
    if day is not None:
        assert len(day) == 10
        assert python("awm_days_between", start, day) == days


@given(st.dates(), st.integers(-500, 500))
def test_adding_months_clamps_to_the_months_end(day: datetime.date, months: int) -> None:
    later = python("awm_add", day.isoformat(), months, 0)
    place = day.year * 12 + day.month - 1 + months
    if not 12 <= place < 120_000:
        assert later is None
    else:
        assert (int(later[:4]), int(later[5:7])) == (place // 12, place % 12 + 1)
        assert int(later[8:]) == min(day.day, calendar.monthrange(place // 12, place % 12 + 1)[1])


@pytest.mark.parametrize(
    ("moment", "months", "seconds", "later"),
    [
        ("2026-01-31", 1, 0, "2026-02-28"),
        ("2024-02-29T12:00:00", 12, 0, "2025-02-28T12:00:00"),
        ("2026-01-31T23:00:00", 1, 7200, "2026-03-01T01:00:00"),
        ("2026-03-02", 0, 36 * 3600, "2026-03-03"),
        ("2026-03-02", 0, -36 * 3600, "2026-03-01"),
        ("2026-03-02", 0, 3600, "2026-03-02"),
        ("23:30", 0, 3600, "00:30"),
        ("00:30", 0, -3600, "23:30"),
        ("09:30", 0, 59, "09:30"),
        ("09:30", 1, 0, None),
        ("9999-12-31", 0, 86_400, None),
        ("0001-01-01", -1, 0, None),
        ("2026-03-02T08:00+01", 0, 0, None),
        ("2026-03-02 08:00:00", 0, 0, None),
        ("2026-02-30", 0, 0, None),
        ("tomorrow", 0, 0, None),
        ("2026-03-02", 0, MAX_INT, None),
        ("2026-03-02", MIN_INT, 0, None),
    ],
)
def test_add(moment: str, months: int, seconds: int, later: str | None) -> None:
    assert python("awm_add", moment, months, seconds) == later


def test_parts_of_moments() -> None:
    moment = "2026-03-02T08:05:09"
    parts = [python(f"awm_{part}", moment) for part in ("date", "time", "year", "month", "weekday")]
    assert parts == ["2026-03-02", "08:05", 2026, 3, 1]
    assert python("awm_weekday", "2026-03-08") == 7
    assert python("awm_days_between", "2026-03-02T23:59:59", "2026-03-03T00:00:00") == 1
    assert python("awm_seconds_between", "09:00", "08:30") == -1800
    assert python("awm_seconds_between", "09:00", "2026-03-02") is None
    assert python("awm_year", "09:00") is python("awm_date", "2026-3-2") is None


# ---------------------------------------------------------------- text forms


@given(st.integers(MIN_INT, MAX_INT))
def test_money_is_written_with_two_decimals(cents: int) -> None:
    text = python("awm_text_money", cents)
    assert re.fullmatch(r"-?\d+\.\d\d", text)
    assert Decimal(text).scaleb(2, Context(prec=40)) == cents


def test_text_forms() -> None:
    assert python("awm_text", 3.0) == python("awm_text", 3) == "3"
    assert python("awm_text", "x") == "x"
    assert python("awm_text_bool", 1) == "true"
    assert python("awm_text_bool", 0) == "false"
    assert python("awm_format_id", 12, "ORD-{n:05}") == "ORD-00012"
    assert python("awm_format_id", 12, "ORD") is None


@given(st.integers(1, MAX_INT), FORMATS)
def test_formatted_ids_are_read_back(number: int, form: str) -> None:
    text = python("awm_format_id", number, form)
    assume(text is not None)
    assert id_format(form).parse(text) == number


@given(TEXTS)
def test_functions_nest(text: str) -> None:
    cut = python("awm_upper", python("awm_left", python("awm_replace", text, "a", "b"), 3))
    assert sql("awm_upper(awm_left(awm_replace(?, 'a', 'b'), 3))", text) == cut
    third = python("awm_round", python("awm_div", python("awm_len", text), 3), 2)
    assert same(sql("awm_round(awm_div(awm_len(?), 3), 2)", text), third)
