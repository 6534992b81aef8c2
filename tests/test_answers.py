"""What texts state, how final messages are judged, and what the calculator makes of an expression."""

import datetime
import doctest
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awmc.runtime import calculator
from awmc.runtime.answers import AnswerVerdict, Expected, answer_part, judge_answer
from awmc.runtime.calculator import MAX_LENGTH, InvalidExpression, calculate
from awmc.runtime.matching import dates_in, numbers_in, states_value, times_in
from awmc.runtime.values import Kind, money_text

CLOCK = "2026-03-02T08:00:00"
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def ordinal(number: int) -> str:
    suffix = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def in_words(number: int) -> str:
    """An English numeral of 0 to 999,999."""
    ones = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ]
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if number < 20:
        return ones[number]
    if number < 100:
        return tens[number // 10 - 2] + (f"-{ones[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = number % 100
        return f"{ones[number // 100]} hundred" + (f" and {in_words(rest)}" if rest else "")
    rest = number % 1000
    return f"{in_words(number // 1000)} thousand" + (f" {in_words(rest)}" if rest else "")


def date_forms(day: datetime.date) -> list[str]:
    name, short = MONTHS[day.month - 1], MONTHS[day.month - 1][:3]
    return [
        day.isoformat(),
        f"{day:%Y/%m/%d}",
        f"{name} {day.day}, {day.year}",
        f"{name} {day.day}",
        f"{short} {ordinal(day.day)}, {day.year}",
        f"{short}. {day.day} {day.year}",
        f"{day.day} {name} {day.year}",
        f"the {ordinal(day.day)} of {name}",
        f"{name} the {ordinal(day.day)}",
        f"{day.day}-{short}-{day.year}",
        f"{day:%A}, {day.day} {short} {day.year}",
        f"{day:%d/%m/%Y}",
        f"{day:%m/%d/%Y}",
        f"{day:%d.%m.%Y}",
        f"{name.upper()} {day.day}",
    ]


def time_forms(time: datetime.time) -> list[str]:
    hour, half = (time.hour - 1) % 12 + 1, "am" if time.hour < 12 else "pm"
    forms = [
        f"{time:%H:%M}",
        f"{time.hour}:{time.minute:02d}",
        f"{time:%H:%M}:00",
        f"{hour}:{time.minute:02d} {half}",
        f"{hour}:{time.minute:02d}{half.upper()}",
        f"{hour}.{time.minute:02d} {half}",
        f"{hour}:{time.minute:02d} {half[0]}.m.",
    ]
    return forms + ([f"{hour} {half}", f"{hour}{half}"] if time.minute == 0 else [])


def number_forms(number: int) -> list[str]:
    sign = "-" if number < 0 else ""
    return [str(number), f"{number:,}", f"{number}.0", f"{sign}{abs(number)}", f"**{number:,}**"]


def money_forms(cents: int) -> list[str]:
    sign, units = "-" if cents < 0 else "", Decimal(abs(cents)).scaleb(-2)
    forms = [f"{sign}{units:.2f}", f"{sign}{units:,.2f}", f"{sign}${units:,.2f}", f"${sign}{units:.2f}"]
    forms += [
        f"{sign}{units:,.2f} euros",
        f"{sign}€{units:.2f}",
        f"USD {units:,.2f}" if not sign else f"{sign}{units:.2f} USD",
    ]
    if cents % 100 == 0:
        forms += [f"{sign}{units:,.0f}", f"{sign}${units:.0f}"]
    if cents % 10 == 0:
        forms += [f"{sign}{units:,.1f}"]
    return forms


SENTENCES = [
    "{}",
    "It is {}.",
    "Answer: {}",
    "I found it ({}), as asked!",
    "- {}\n- something else",
    "from {} on",
]
NEAR_DATES = st.dates(datetime.date(2025, 1, 1), datetime.date(2027, 12, 31))
TIMES = st.times().map(lambda time: time.replace(second=0, microsecond=0, tzinfo=None))
SENTENCE = st.sampled_from(SENTENCES)


# ---------------------------------------------------------------- what a text states


@given(st.integers(-(10**7), 10**7), SENTENCE)
def test_numbers_are_found_in_every_form(number: int, sentence: str) -> None:
    for form in number_forms(number):
        text = sentence.format(form)
        assert states_value(text, "int", number, clock=CLOCK), text
        assert not states_value(text, "int", number + 1, clock=CLOCK), text
        assert [value for value, _ in numbers_in(text)] == [number], text


@given(st.integers(-(10**9), 10**9), SENTENCE)
def test_money_is_found_in_every_form(cents: int, sentence: str) -> None:
    for form in money_forms(cents):
        text = sentence.format(form)
        assert states_value(text, "money", cents, clock=CLOCK), text
        assert not states_value(text, "money", cents + 1, clock=CLOCK), text


@given(st.integers(0, 999_999), SENTENCE)
def test_numbers_are_found_in_words(number: int, sentence: str) -> None:
    text = sentence.format(in_words(number))
    assert [value for value, _ in numbers_in(text)] == [number], text


@given(NEAR_DATES, SENTENCE)
def test_dates_are_found_in_every_form(day: datetime.date, sentence: str) -> None:
    for form in date_forms(day):
        text = sentence.format(form)
        assert states_value(text, "date", day.isoformat(), clock=CLOCK), text
        assert len(dates_in(text, 2026)) == 1, text
        assert numbers_in(text) == [], text


@given(TIMES, SENTENCE)
def test_times_are_found_in_every_form(time: datetime.time, sentence: str) -> None:
    for form in time_forms(time):
        text = sentence.format(form)
        assert states_value(text, "time", f"{time:%H:%M}", clock=CLOCK), text
        assert numbers_in(text) == [], text


@given(NEAR_DATES, TIMES, st.data())
def test_moments_are_a_date_and_a_time(day: datetime.date, time: datetime.time, data: st.DataObject) -> None:
    value = datetime.datetime.combine(day, time).isoformat()
    date, clock = data.draw(st.sampled_from(date_forms(day))), data.draw(st.sampled_from(time_forms(time)))
    for text in (
        value,
        value[:16],
        value + "Z",
        f"{date} at {clock}",
        f"{clock} on {date}",
        f"{date}, {clock}",
    ):
        assert states_value(text, "datetime", value, clock=CLOCK), text
        assert numbers_in(text) == [], text
    assert not states_value(date, "datetime", value, clock=CLOCK)
    assert not states_value(clock, "datetime", value, clock=CLOCK)


def test_each_time_belongs_to_its_day() -> None:
    text = "March 2 at 9:30 and 10:00, or 11 am on March 3"
    assert states_value(text, "datetime", "2026-03-02T10:00:00", clock=CLOCK)
    assert states_value(text, "datetime", "2026-03-03T11:00:00", clock=CLOCK)
    assert not states_value(text, "datetime", "2026-03-03T09:30:00", clock=CLOCK)
    assert not states_value(text, "datetime", "2026-03-02T11:00:00", clock=CLOCK)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("ORD-00012 CS101 INV_2026_7 A12 12-AB 007 v1.2.3 555-1234-99 x2y", []),
        ("ana7@example.com https://example.com/12?n=3", []),
        ("2026-03-02, March 2, 9:30, 9 pm, March 2026, noon", []),
        ("24h, 24-hour, 30-day, 5kg, 10%", ["24", "24", "30", "5", "10"]),
        ("3,5,7 and 5-10, $120-$150", ["3", "5", "7", "5", "10", "120", "150"]),
        ("minus 5, −5, -$5.00, $-5, (5)", ["-5", "-5", "-5.00", "-5", "5"]),
        ("the fee - 120 - stands", ["120"]),
        ("EUR120 US$5 Rs. 40 €5", ["120", "5", "40", "5"]),
        ("a dozen, half a dozen, two dozen, a couple, a hundred", ["12", "6", "24", "2", "100"]),
        ("two and three; one hundred and five; two thousand and six", ["2", "3", "105", "2006"]),
        ("2 million, $1.5 million", ["2000000", "1500000"]),
        ("1.234,50 € and 1\u00a0234.50 and 1'234", ["1234.50", "1234.50", "1234"]),
        (".5 of 0.05. And 120.", ["0.5", "0.05", "120"]),
        ("someone lets tenants and freight weighs", []),
        ("room #12, you may 5", ["12", "5"]),
    ],
)
def test_which_numbers_count(text: str, numbers: list[str]) -> None:
    found = numbers_in(text)
    assert [value for value, _ in found] == [Decimal(number) for number in numbers]
    assert [span for _, span in found] == sorted(span for _, span in found)


def test_ambiguous_mentions_have_every_reading() -> None:
    assert dates_in("on 02/03/2026", 2026) == [(("2026-02-03", "2026-03-02"), (3, 13))]
    assert dates_in("Jan 5", 2026)[0][0] == ("2026-01-05", "2025-01-05", "2027-01-05")
    assert dates_in("Feb 29", 2024)[0][0] == ("2024-02-29",)
    assert dates_in("2026-02-30 or 31/31/2026", 2026) == []
    assert times_in("9 o'clock")[0][0] == ("09:00", "21:00")
    assert times_in("at 9 o'clock in the evening, noon, 12 midnight, 12:30 a.m., 10:05:07 and 25:00") == [
        (("21:00",), (3, 27)),
        (("12:00",), (29, 33)),
        (("00:00",), (35, 46)),
        (("00:30",), (48, 58)),
        (("10:05:07",), (60, 68)),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "value", "stated"),
    [
        ("for ana flores please", "text", "Ana Flores", True),
        ("Renée's visit", "text", "renee", True),
        ("see Dr Lee", "text", "Dr. Lee", True),
        ("my “yearly check up”", "text", "Yearly check-up", True),
        ("Banana", "text", "Ana", False),
        ("Ana and Flores", "text", "Ana Flores", False),
        ("the order is in progress", "enum", "in_progress", True),
        ("In-Progress", "enum", "in_progress", True),
        ("it progressed", "enum", "in_progress", False),
        ("grade A-", "text", "A", False),
        ("grade A-, well done", "text", "A-", True),
        ("an A-level", "text", "A", True),
        ("C++ and C", "text", "c++", True),
        ("write to ANA@example.com.", "email", "ana@example.com", True),
        ("banana@example.com", "email", "ana@example.com", False),
        ("ana@example.com.au", "email", "ana@example.com", False),
        ("at https://Example.com/a/.", "url", "https://example.com/a", True),
        ("https://example.com/ab", "url", "https://example.com/a", False),
        ("at least 24 hours before", "int", 24, True),
        ("at least 24 hours before", "duration", 86_400, True),
        ("1 day and 12 hours", "duration", 129_600, True),
        ("an hour, 2h30m, 90 min", "duration", 9000, True),
        ("24 hours, 2 days", "duration", 172_800, True),
        ("twenty-four", "number", 24.0, True),
        ("a 10% discount", "number", 0.1, True),
        ("a 10% discount", "int", 10, True),
        ("about 4.33", "number", 13 / 3, True),
        ("about 66.67%", "number", 2 / 3, True),
        ("about 4.3", "number", 13 / 3, False),
        ("about 4.34", "number", 13 / 3, False),
        ("95.5", "money", 9550, True),
        ("95", "money", 9550, False),
        ("yes", "bool", 1, False),
        ("none", "text", None, False),
        ("1, 2 and 3", "int", (3, 1), True),
        ("1, 2 and 3", "int", (3, 4), False),
        ("10:05", "datetime", "2026-03-02T10:05:00", False),
        ("March 2, 10:05", "datetime", "2026-03-02T10:05:07", True),
        ("March 2, 10:05:08", "datetime", "2026-03-02T10:05:07", False),
        ("", "text", "", False),
        ("!?", "text", "!?", True),
    ],
)
def test_states_value(text: str, kind: str, value: Any, stated: bool) -> None:
    assert states_value(text, kind, value, clock=CLOCK) is stated


@given(st.text(), st.sampled_from(["text", "email", "url", "enum"]), st.text())
def test_no_text_raises(text: str, kind: Kind, value: str) -> None:
    assert states_value(text, kind, value, clock=CLOCK) in (True, False)
    for spans in (numbers_in(text), dates_in(text, 2026), times_in(text)):
        assert all(0 <= start < end <= len(text) for _, (start, end) in spans)


# ---------------------------------------------------------------- the judging of answers


def judge(message: str | None, *expected: Expected, instruction: str = "") -> AnswerVerdict:
    return judge_answer(message, expected, instruction=instruction, clock=CLOCK)


FEE = Expected("money", 9550, (12000, 6000))
NAME = Expected("text", "Ana", ("Ana Flores", "Ben Okoye"))
FULL = Expected("text", "Ana Flores", ("Ana", "Ben Okoye"))
START = Expected("datetime", "2026-03-05T09:30:00", ("2026-03-05T10:00:00", "2026-03-06T09:30:00"))
DAY = Expected("date", "2026-03-05", ("2026-03-06",))
OPENS = Expected("time", "09:30", ("10:00",))
COUNT = Expected("int", 0, (1, 2))
ONE = Expected("int", 4)
LIST = Expected("text", ("Ana", "Ben"), ("Cleo",))
NOBODY = Expected("text", None, ("Ana",))
TRUE, FALSE = Expected("bool", 1), Expected("bool", 0)


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        (FEE, "Answer: 95.50"),
        (FEE, "The doctors charge 120.00, 60 and 95.5.\n\nAnswer: $95.50."),
        (FEE, "Answer: 120\nNo, wait.\n**Answer:** 95.5 €"),
        (FEE, "**Final answer: `95.50`**"),
        (FEE, "> _answer_: 95.50"),
        (FEE, "Answer:\n\n- 95.50"),
        (FEE, "It costs 95.50 for visit ORD-00120 on 2026-06-12 at 12:00."),
        (NAME, "Answer: ANA"),
        (FULL, "Answer: Ána  Flores"),
        (START, "Answer: March 5 at 9:30 am"),
        (START, "Answer: 2026-03-05T09:30:00"),
        (START, "Answer: 9.30 am on Thursday, 5 March 2026"),
        (DAY, "Answer: Mar 5th"),
        (DAY, "Answer: Thursday, 5 March at 10:00"),
        (OPENS, "Answer: 9:30 a.m."),
        (COUNT, "Answer: 0"),
        (COUNT, "Answer: none"),
        (COUNT, "You have no visits."),
        (COUNT, "Answer: zero; not even one"),
        (LIST, "Answer: Ben and Ana"),
        (LIST, "Answer:\n1. Ben\n2. Ana"),
        (NOBODY, "Answer: none"),
        (NOBODY, "It is not assigned to anybody."),
        (Expected("int", ()), "Answer: nothing"),
        (TRUE, "Answer: Yes"),
        (TRUE, "Answer: true, though it is not refundable"),
        (FALSE, "Answer: No."),
        (FALSE, "Answer: it isn't"),
        (Expected("int", -5, (5,)), "Answer: -5"),
        (Expected("int", 24, (2,)), "Answer: 24 hours"),
        (Expected("number", 0.125, (0.25,)), "Answer: 12.5%"),
        (Expected("number", 13 / 3, (4.33,)), "Answer: 4.33"),
        (Expected("int", 3, (12,)), "Answer: the 3 in 12-AB"),
        (ONE, "Answer: 4 of 17"),
        (ONE, "Answer: 4 (2 x 2)"),
        (ONE, "Answer: 4, not 5"),
        (ONE, "I saw 11, 12, 13, 14, 15, 16 and 17 before. There are 4 rows."),
        (FEE, "Answer: 95.50 (2 x 40.00 + 15.50)"),
        (DAY, "Answer: 5 March, and not 4 March"),
    ],
)
def test_right_answers(expected: Expected, message: str) -> None:
    assert judge(message, expected) == AnswerVerdict(True, ())


@pytest.mark.parametrize(
    ("expected", "message", "reason"),
    [
        (FEE, None, "the final message is empty"),
        (FEE, "  \n", "the final message is empty"),
        (FEE, "Answer: ", "the final message is empty"),
        (FEE, "95.50\nAnswer: 120", "the answer does not state 95.50"),
        (FEE, "Answer: 95.50 or 120", "the answer states 120.00 beside 95.50"),
        (FEE, "It is 95.50, or maybe 60.", "the answer states 60.00 beside 95.50"),
        (FEE, "Answer: 195.50", "the answer does not state 95.50"),
        (FEE, "Answer: -95.50", "the answer does not state 95.50"),
        (FEE, "Answer: ninety-five", "the answer does not state 95.50"),
        (NAME, "Answer: Ana Flores", 'the answer does not state "Ana"'),
        (NAME, "Answer: Banana", 'the answer does not state "Ana"'),
        (NAME, "Answer: Ana or Ben Okoye", 'the answer states "Ben Okoye" beside "Ana"'),
        (FULL, "Answer: Ana", 'the answer does not state "Ana Flores"'),
        (FULL, "Answer: Ana Flores or just Ana", 'the answer states "Ana" beside "Ana Flores"'),
        (START, "Answer: 9:30", "the answer does not state 2026-03-05 09:30:00"),
        (START, "Answer: March 5", "the answer does not state 2026-03-05 09:30:00"),
        (START, "Answer: March 5 at 9:30 or 10:00", "states 2026-03-05 10:00:00 beside"),
        (START, "Answer: 9:30 on March 5 or 6 March", "the answer states 6 March beside 2026-03-05 09:30:00"),
        (DAY, "Answer: March 5 or March 6", "the answer states 2026-03-06 beside 2026-03-05"),
        (OPENS, "Answer: 9:30 pm", "the answer does not state 09:30"),
        (OPENS, "Answer: 9:30 or 10", None),
        (OPENS, "Answer: 9:30 or 9:31", "the answer states 9:31 beside 09:30"),
        (DAY, "Answer: from 5 March to 7 March", "the answer states 7 March beside 2026-03-05"),
        (ONE, "Answer: 4 or 5", "the answer states 5 beside 4"),
        (ONE, "Answer: 3, 4, 5", "the answer states 3 beside 4"),
        (ONE, "Answer:\n3\n4", "the answer states 3 beside 4"),
        (ONE, "4. Or maybe: 5", "the answer states 5 beside 4"),
        (ONE, "It is 4. Or maybe 5.", "the answer states 5 beside 4"),
        (ONE, "It is 4 to 5 hours.", "the answer states 5 beside 4"),
        (ONE, "Answer: 4/5", "the answer states 5 beside 4"),
        (
            ONE,
            "Answer: 11 rows, 12 rows, 13 rows, 14 rows, 15 rows, 16 rows, 4 rows",
            "6 other numbers beside 4",
        ),
        (OPENS, "Answer: 9:30 or 10 am", "the answer states 10:00 beside 09:30"),
        (COUNT, "Answer: 0 or 1", "the answer states 1 beside 0"),
        (LIST, "Answer: Ben", 'the answer does not state "Ana"'),
        (LIST, "Answer: Ana, Ben, Cleo", 'the answer states "Cleo" beside "Ana" and "Ben"'),
        (NOBODY, "Answer: Ana", 'the answer does not state "none"'),
        (NOBODY, "Answer: none, or Ana", 'the answer states "Ana" beside "none"'),
        (TRUE, "Answer: yes or no", 'the answer does not state "yes"'),
        (TRUE, "Answer: maybe", 'the answer does not state "yes"'),
        (FALSE, "Answer: yes", 'the answer does not state "no"'),
        (FALSE, "Answer: maybe", 'the answer does not state "no"'),
        (Expected("int", 5, (6,)), "Answer: -5", "the answer does not state 5"),
        (Expected("int", 5, (6,)), "Answer: on March 5 at 5 pm in ROOM-5", "the answer does not state 5"),
    ],
)
def test_wrong_answers(expected: Expected, message: str | None, reason: str | None) -> None:
    verdict = judge(message, expected)
    if reason is None:
        assert verdict.ok  # what no outcome gives is no hedge
    else:
        assert not verdict.ok
        assert any(reason in said for said in verdict.reasons), verdict.reasons


def test_what_the_instruction_states_is_no_hedge() -> None:
    message = "Answer: 95.50, and not the 120.00 of Dr. Lee"
    assert not judge(message, FEE).ok
    assert judge(message, FEE, instruction="Is there anyone below $120?").ok
    assert not judge(message, FEE, instruction="Is there anyone below ORD-120?").ok


def test_an_alternative_that_the_instruction_states_is_no_second_answer() -> None:
    assert not judge("Answer: 4 or 5", ONE).ok
    assert judge("Answer: 4 or 5", ONE, instruction="Why are there 5?").ok
    assert judge("Answer: 5 March or 6 March", Expected("date", "2026-03-05"), instruction="By 6 March?").ok
    assert judge("Answer: 9:30 or 9:40", Expected("time", "09:30"), instruction="Is it 9:40?").ok


def test_an_expected_value_is_no_hedge_for_another() -> None:
    both = [Expected("int", 2, (3, 95)), Expected("money", 9500, (200, 300)), Expected("text", "Room 3", ())]
    assert judge("Answer: 2 visits, 95.00 in all, in room 3", *both).ok
    assert judge("Answer: 2 visits, 95.00 in all, in room 4", *both).reasons == (
        'the answer does not state "Room 3"',
    )
    assert not judge("Answer: 2 visits", *both).ok


def test_a_number_of_an_expected_name_is_a_hedge_elsewhere() -> None:
    both = [Expected("int", 2, (3,)), Expected("text", "Room 3")]
    assert judge("Answer: 2, Room 3", *both).ok
    assert not judge("Answer: 2 or 3, Room 3", *both).ok


def test_nothing_expected_takes_any_message() -> None:
    assert judge(None) == AnswerVerdict(True, ())


def test_the_part_that_is_judged() -> None:
    assert answer_part("Answer: 1\nanswer : **2**\nBye").strip() == "2"
    assert answer_part("The answer: 3").strip() == "3"
    assert answer_part("I answered him: 3") == "I answered him: 3"
    assert answer_part("Answer:\n\n1\n2").split() == ["1", "2"]


@given(st.integers(1, 10**8), st.integers(1, 10**8), st.data())
def test_every_form_is_right_and_every_hedge_is_wrong(cents: int, other: int, data: st.DataObject) -> None:
    expected = Expected("money", cents, (other,))
    form = data.draw(st.sampled_from(money_forms(cents)))
    for message in (f"Answer: {form}", f"So it costs {form} in all.", f"I looked.\n\n**Answer: {form}**\n"):
        assert judge(message, expected).ok, message
    if other != cents:
        hedge = data.draw(st.sampled_from(money_forms(other)))
        for message in (f"Answer: {form} or {hedge}", f"It is {hedge} ({form} with the discount)"):
            verdict = judge(message, expected)
            assert verdict.reasons == (
                f"the answer states {money_text(other)} beside {money_text(cents)}",
            ), message
        assert not judge(f"Answer: {hedge}", expected).ok


@given(NEAR_DATES, NEAR_DATES, st.data())
def test_dates_are_judged_in_every_form(
    day: datetime.date, other: datetime.date, data: st.DataObject
) -> None:
    expected = Expected("date", day.isoformat(), (other.isoformat(),))
    form = data.draw(st.sampled_from(date_forms(day)))
    assert judge(f"Answer: {form}", expected).ok
    if (other.month, other.day) not in ((day.month, day.day), (day.day, day.month)):
        hedge = data.draw(st.sampled_from(date_forms(other)))
        verdict = judge(f"Answer: {form} or {hedge}", expected)
        assert verdict.reasons == (f"the answer states {other} beside {day}",)


@given(st.none() | st.text(), st.lists(st.text() | st.integers() | st.none(), max_size=3))
def test_no_message_raises(message: str | None, values: list[Any]) -> None:
    expected = [
        Expected("int" if isinstance(value, int) else "text", value, tuple(values)) for value in values
    ]
    assert judge_answer(message, expected, instruction=message or "", clock=CLOCK).ok in (True, False)


# ---------------------------------------------------------------- the calculator


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("0.1 + 0.2", 0.3),
        ("10 / 4", 2.5),
        ("1 / 3 * 3", 1),
        ("-7 % 3", 2),
        ("7 % -3", -2),
        ("2 - 3 - 4", -5),
        ("--2 +-+ .5", 1.5),
        (" 120.00*1.19 ", 142.8),
        ("5.5 % 2", 1.5),
        ("9" * 30 + " + 1", 10**30),
    ],
)
def test_calculate(expression: str, value: float) -> None:
    result = calculate(expression)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        " ",
        "1 +",
        "(1",
        "1)",
        "1 2",
        "2 ** 3",
        "1 / 0",
        "1 % (2 - 2)",
        "abc",
        "1e5",
        "1,000",
        "٣",
        "1.",
        "()",
        "1;2",
        "(" * 60 + "1" + ")" * 60,
        "1" * (MAX_LENGTH + 1),
        "9" * 400,
        "__import__('os')",
    ],
)
def test_invalid_expressions(expression: str) -> None:
    with pytest.raises(InvalidExpression, match=r"\.$"):
        calculate(expression)


@given(
    st.recursive(
        st.decimals(0, 1000, places=2).map(str),
        lambda inner: st.tuples(inner, st.sampled_from("+-*/%"), inner),
    )
)
def test_arithmetic_is_exact(tree: Any) -> None:
    def written(node: Any) -> str:
        return node if isinstance(node, str) else f"({written(node[0])} {node[1]} {written(node[2])})"

    def exact(node: Any) -> Fraction:
        if isinstance(node, str):
            return Fraction(node)
        left, right = exact(node[0]), exact(node[2])
        return {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "/": lambda: left / right,
            "%": lambda: left % right,
        }[node[1]]()

    try:
        wanted = float(exact(tree))
    except ArithmeticError:
        with pytest.raises(InvalidExpression):
            calculate(written(tree))
        return
    assert len(written(tree)) > MAX_LENGTH or calculate(written(tree)) == wanted


@given(st.text("0123456789.+-*/%() ", max_size=40))
def test_any_text_is_calculated_or_refused(expression: str) -> None:
    try:
        value = calculate(expression)
    except InvalidExpression:
        return
    assert isinstance(value, (int, float))
    assert calculate(f"({expression})") == value


def test_the_examples_hold() -> None:
    assert doctest.testmod(calculator).failed == 0
