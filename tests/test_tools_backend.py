"""`tools.py` and `tools.json`: how they read, what checks them, and that calls of them do what the IR says."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import black
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awmc.backends import json_schema, python_text, schema, seed, tools
from awmc.backends.sql import Compiler
from awmc.emit.templates import render
from awmc.ir import codec
from awmc.pipeline import compile_source
from awmc.runtime import Session, World
from awmc.source import read_source
from tests.shop_world import SHOP

ROOT = Path(__file__).resolve().parent.parent


def tools_py() -> str:
    return render("tools.py.jinja", {"module": tools.module(SHOP, Compiler(SHOP), "shop.awm")})


@pytest.fixture(scope="module")
def source() -> str:
    return tools_py()


@pytest.fixture(scope="module")
def world(source: str) -> World:
    return World.from_artefacts(
        {
            "env.json": codec.dump(SHOP),
            "schema.sql": schema.render(SHOP),
            "seed.sql": seed.render(SHOP),
            "tools.json": json_schema.tools_json(SHOP),
            "tools.py": source,
        }
    )


@pytest.fixture
def session(world: World) -> Iterator[Session]:
    with world.session() as session:
        yield session


def value(session: Session, tool: str, **arguments: Any) -> Any:
    """The result of a call that must succeed; it is what the tool's output schema says."""
    result = session.call(tool, arguments)
    assert result.ok, result
    info = next(info for info in session.tools if info.name == tool)
    jsonschema.validate(result.value, info.output_schema, jsonschema.Draft202012Validator)
    return result.value


def refused(session: Session, tool: str, **arguments: Any) -> tuple[str, str]:
    """The code and the message of a call that must be refused, and must change nothing."""
    before = session.diff()
    result = session.call(tool, arguments)
    assert result.error is not None, result
    assert session.diff() == before
    return result.error["code"], result.error["message"]


# ---- The text


def test_black_leaves_the_module_as_it_is(source: str) -> None:
    assert black.format_str(source, mode=black.Mode(target_versions={black.TargetVersion.PY311})) == source


def test_ruff_finds_nothing_in_the_module(source: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", "build/shop/tools.py", "-"],
        cwd=ROOT, input=source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_mypy_finds_nothing_in_the_module(source: str, tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", tmp_path / "tools.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_module_is_the_same_whatever_the_hashes(source: str) -> None:
    program = "import sys; from tests import test_tools_backend as t; sys.stdout.write(t.tools_py())"
    for hashes in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hashes},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout == source, done.stderr


FUNCTIONS = [
    """
class PlaceOrderItems(Parameters):
    product: Annotated[str, Ref("Product")]
    # How many
    qty: Annotated[Int, Range(1, 99)] | None = None


class PlaceOrder(Parameters):
    # What to buy
    items: Annotated[list[PlaceOrderItems], Length(1, 5)]
    note: Text | None = None
    # Who gets it
    for_: Annotated[int, Ref("Customer")] = Field(NOT_GIVEN, alias="for")
    pay_2: Bool | None = Field(None, alias="pay")
""",
    '''
@tool(
    PlaceOrder,
    rows={"items.product": PRODUCT, "for_": CUSTOMER},
    writes=("customer", "line", "order"),
    checks=(FEW_LINES,),
)
def place_order(
    call: Call,
    items: list[dict[str, Any]],
    note: str | None,
    for_: int | None,
    pay_2: bool | None,
) -> Json:
    """Place an order for products and pay it: "all or nothing", with a sentence that
    does not fit on one line of code.
    """
    if for_ is None:
        for_ = call.me
    # create Order { items }
    order: int = call.insert(PLACE_ORDER_CREATE, note=note, **{"for": for_})
    for item in items:
        call.insert(
            PLACE_ORDER_CREATE_LINE,
            item_product=item["product"],
            item_qty=item["qty"],
            order=order,
        )
    # for item in items
    for item_2 in items:
        # pay(amount: item.product.price * item.qty)
        pay(
            call,
            amount=call.value(
                PLACE_ORDER_PAY_AMOUNT,
                item_product=item_2["product"],
                item_qty=item_2["qty"],
            ),
        )
    # return
    return call.json(PLACE_ORDER_RESULT, order=order)
''',
    """
def pay(call: Call, *, amount: int, why: str | None = None) -> None:
    call.check_range("amount", amount, 1, None, "money")
    call.check_length("why", why, 3, 20)
    call.check_match("why", why, "[a-z ]*")
    # require me.credit >= amount else no_credit
    if not call.test(PAY_NO_CREDIT, amount=amount):
        call.refuse("no_credit", call.value(PAY_NO_CREDIT_MESSAGE, amount=amount))
    # update me set credit -= amount
    call.update(PAY_UPDATE_CUSTOMER, amount=amount)
""",
    '''
@tool(TagAll, writes=("product", "product_tags", "tag"))
def tag_all(call: Call, name: str, off: bool) -> Json:
    """Put a tag on every cheap product, or take it off."""
    # let tag = first(Tag where .name == name) else create Tag { name }
    tag: int | None = call.value(TAG_ALL_TAG, name=name)
    if tag is None:
        tag = call.insert(TAG_ALL_CREATE_TAG, name=name)
    # let cheap = Product where .price < 10
    cheap: list[str] = call.rows(TAG_ALL_CHEAP)
    # if off
    if off:
        # update cheap set tags -= tag
        call.execute(TAG_ALL_UNLINK_PRODUCT_TAGS, cheap=cheap, tag=tag)
    else:
        # update cheap set tags += tag, name = "tagged"
        rows: list[str] = call.rows(TAG_ALL_ROWS)
        call.update(TAG_ALL_UPDATE_PRODUCT, rows=rows)
        call.execute(TAG_ALL_LINK_PRODUCT_TAGS, rows=rows, tag=tag)
    # return
    return call.json(TAG_ALL_RESULT, cheap=cheap)
''',
    """
    # let type = price_of(product: copy, times: call)
    type_ = _price_of(call, product=copy_, times=call_)
    # require class == open else {closed}
    if class_ != "open":
        call.refuse("closed", f'{{class}} is \\'{class_}" not "open".')
    # let first = list[0] else none
    first: str | None = call.value(IMPORT_FIRST, list=list_)
    if first is None:
        call.refuse("none", "There is no day.")
    # if type > 100.00
    if type_ > 10000:
        # fail dear
        call.refuse("dear", f"Over 100 for {money_text(type_)}")
    elif first < "2026-02-01":
        # fail early
        call.refuse("early", f"{first} is early.")
""",
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_reviewer_finds_the_spec_again(source: str, function: str) -> None:
    assert function in source


@given(st.text())
def test_literals_are_their_text_and_as_black_writes_them(text: str) -> None:
    literal = python_text.text(text)
    assert eval(literal) == text
    call = "\n".join([*python_text.lines(python_text.called("f", literal, literal), ""), ""])
    assert black.format_str(call, mode=black.Mode()) == call


@given(
    st.lists(st.text(min_size=1), min_size=1, max_size=3).filter(lambda parts: any(p.split() for p in parts))
)
def test_docstrings_are_as_black_writes_them(paragraphs: list[str]) -> None:
    module = "\n".join(["def f():", *python_text.docstring(paragraphs, "    "), ""])
    compile(module, "module", "exec")
    assert black.format_str(module, mode=black.Mode()) == module


# ---- What calls do


def test_reads(session: Session) -> None:
    pen = [{"product": "pen", "qty": 3}]
    first = {"id": "ORD-00001", "status": "open", "note": None, "lines": pen}
    assert value(session, "get_order", order="ORD-00001") == first
    listed = value(session, "list_orders")
    assert (listed["total"], [order["id"] for order in listed["items"]]) == (3, ["ORD-00001", "ORD-00002"])
    listed = value(session, "list_orders", status="sent", limit=1)
    assert (listed["total"], [order["id"] for order in listed["items"]]) == (1, ["ORD-00002"])
    assert value(session, "last_order")["id"] == "ORD-00002"
    for order in ("ORD-00001", "ORD-00002", "ORD-00003"):
        value(session, "delete_order", order=order)
    assert value(session, "last_order") == {"value": None}


def test_create_with_children_and_a_call_of_an_action(session: Session) -> None:
    placed = value(session, "place_order", items=[{"product": "pen", "qty": 3}, {"product": "ink"}], note="x")
    assert placed["id"] == "ORD-00004"
    assert placed["lines"] == [{"product": "pen", "qty": 3}, {"product": "ink", "qty": 1}]
    changed = {(change.kind, change.entity, change.key): change.after for change in session.diff()}
    assert changed == {
        ("update", "Customer", 1): {"credit": 10_000 - 3 * 99 - 250},
        ("create", "Order", 4): {
            "id": 4, "customer": 1, "status": "open", "note": "x", "placed": "2026-03-02T08:00:01",
        },
        ("create", "Line", 3): {"id": 3, "order": 4, "product": "pen", "qty": 3},
        ("create", "Line", 4): {"id": 4, "order": 4, "product": "ink", "qty": 1},
    }  # fmt: skip


def test_refusals(session: Session) -> None:
    assert refused(session, "place_order", items=[{"product": "pen"}, {"product": "lamp", "qty": 30}]) == (
        "no_credit",
        'It costs 1498.50 but "credit" is 99.01.',
    )
    assert refused(session, "place_order", items=[{"product": "pen"}] * 4) == (
        "invariant_violated",
        "An order has at most three lines.",
    )
    assert refused(session, "place_order", items=[{"product": "nib"}])[0] == "not_found"
    assert refused(session, "place_order", items=[{"product": "pen"}], **{"for": 9}) == (
        "not_found",
        "There is no Customer with id 9.",
    )


def test_moves_of_a_state(session: Session) -> None:
    value(session, "move_order", order="ORD-00001", status="on hold")
    assert refused(session, "move_order", order="ORD-00001", status="sent") == (
        "illegal_move",
        "The status of Order ORD-00001 is on hold: it may only become open.",
    )
    assert refused(session, "move_order", order="ORD-00002", status="sent")[0] == "illegal_move"


def test_deletes(session: Session) -> None:
    assert refused(session, "delete_product", product="pen") == (
        "in_use",
        "This Product cannot be deleted: a Line refers to it.",
    )
    value(session, "delete_order", order="ORD-00001")
    value(session, "delete_product", product="pen")
    assert [(change.kind, change.table, change.key) for change in session.diff()] == [
        ("delete", "product", "pen"),
        ("delete", "order", 1),
        ("delete", "line", 1),
        ("delete", "product_tags", ("pen", 1)),
    ]


def test_an_update_leaves_out_what_was_not_given(session: Session) -> None:
    value(session, "edit_product", product="pen")
    assert session.diff() == ()
    value(session, "edit_product", product="ink", price=1.5, tag=2)
    assert [change.after for change in session.diff()] == [{"price": 150}, {"product": "ink", "tag": 2}]
    value(session, "edit_product", product="ink", tag=2)
    assert refused(session, "edit_product", product="pen", name="x" * 41) == (
        "check_failed",
        "The name of a Product must have 1 to 40 characters.",
    )


def test_let_or_create_and_links_of_many_rows(session: Session) -> None:
    # The rows are those of before the price changes, which leaves none of them cheap.
    assert value(session, "tag_all", name="fresh") == {"value": 2}
    links = [change.key for change in session.diff() if change.table == "product_tags"]
    assert links == [("ink", 3), ("pen", 3)]
    session.reset()
    assert value(session, "tag_all", name="new", off=True) == {"value": 2}
    assert [(change.kind, change.key) for change in session.diff()] == [("delete", ("pen", 1))]


def test_an_update_may_permute_a_unique_column(session: Session) -> None:
    value(session, "swap_ranks")
    assert [(change.key, change.after) for change in session.diff()] == [(1, {"rank": 2}), (2, {"rank": 1})]


def test_a_tool_that_others_call_checks_its_ranges_for_them_too(session: Session) -> None:
    assert value(session, "price_of", product="pen", times=2) == {"value": 1.98}
    days = ["2026-03-01", "2026-03-02"]
    called = {"class": "open", "copy": "pen", "list": days}
    assert value(session, "import", **called) == {"price": 2.97, "ok": True, "days": days}
    assert refused(session, "import", **called | {"call": 20}) == (
        "invalid_arguments",
        "`times` should be at most 10, but is 20.",
    )


def test_messages_hold_values(session: Session) -> None:
    called = {"class": "open", "copy": "pen"}
    assert refused(session, "import", **called | {"class": "sent"}) == (
        "closed",
        '{class} is \'sent" not "open".',
    )
    assert refused(session, "import", **called) == ("none", "There is no day.")
    assert refused(session, "import", **called | {"copy": "lamp", "list": ["2026-03-01"]}) == (
        "dear",
        "Over 100 for 149.85",
    )
    assert refused(session, "import", **called | {"list": ["2026-01-31"]}) == (
        "early",
        "2026-01-31 is early.",
    )


# ---- tools.json


@pytest.fixture(scope="module")
def listed() -> dict[str, Any]:
    return {tool["name"]: tool for tool in json.loads(json_schema.tools_json(SHOP))["tools"]}


def test_actions_are_not_shown_and_offers_come_last(listed: dict[str, Any]) -> None:
    shown = [tool.name for tool in SHOP.tools if tool.name != "pay"]
    assert list(listed) == [*shown, "calculate", "give_up"]


def test_every_schema_is_json_schema(listed: dict[str, Any]) -> None:
    for tool in listed.values():
        for schema_ in (tool["inputSchema"], tool["outputSchema"]):
            jsonschema.Draft202012Validator.check_schema(schema_)
            assert schema_["type"] == "object"


def test_a_record_that_stands_in_several_places_is_defined_once() -> None:
    spec = read_source(Path(__file__).parent / "clients" / "conformance.awm")
    environment = compile_source(spec).environment
    assert environment is not None
    schema_ = json.loads(json_schema.tools_json(environment))["tools"][2]["inputSchema"]
    assert schema_["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(schema_["$defs"]) == ["address"]
    assert schema_["properties"]["address"] == {"$ref": "#/$defs/address"}
    assert schema_["properties"]["second"] == {"anyOf": [{"$ref": "#/$defs/address"}, {"type": "null"}]}
    validator = jsonschema.Draft202012Validator(schema_)
    home = {"street": "Long Road 2", "city": "Oslo"}
    for second, right in ((home, True), (None, True), ({"street": "Long Road 2"}, False), ("Oslo", False)):
        assert validator.is_valid({"name": "Bo", "address": home, "second": second}) == right


def test_the_schema_of_arguments(listed: dict[str, Any]) -> None:
    assert listed["place_order"]["inputSchema"] == {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "product": {"type": "string", "description": "The sku of a Product."},
                        "qty": {
                            "type": ["integer", "null"],
                            "minimum": 1,
                            "maximum": 99,
                            "description": "How many",
                        },
                    },
                    "required": ["product"],
                    "additionalProperties": False,
                },
                "minItems": 1,
                "maxItems": 5,
                "description": "What to buy",
            },
            "note": {"type": ["string", "null"]},
            "for": {"type": "integer", "description": "Who gets it. The id of a Customer."},
            "pay": {"type": ["boolean", "null"]},
        },
        "required": ["items"],
        "additionalProperties": False,
    }
    assert listed["list_orders"]["inputSchema"]["properties"]["status"] == {
        "type": ["string", "null"],
        "enum": ["open", "sent", "on hold", None],
        "description": "open: It may change; on hold: Until it is paid.",
    }
    assert listed["list_orders"]["inputSchema"]["properties"]["limit"] == {
        "type": "integer", "minimum": 1, "maximum": 50, "default": 2,
    }  # fmt: skip
    assert listed["edit_product"]["inputSchema"]["properties"]["price"] == {
        "type": ["number", "null"],
        "minimum": 1,
        "maximum": 999.5,
        "description": "An amount with at most two decimals.",
    }
    assert listed["get_order"]["inputSchema"]["properties"]["order"] == {
        "type": "string",
        "pattern": "^ORD\\-[0-9]{5,}$",
        "description": "The id of an Order.",
    }


def test_the_description_names_the_errors(listed: dict[str, Any]) -> None:
    assert listed["place_order"]["description"].endswith(". Errors: no_credit, not_found.")
    assert listed["calculate"]["description"].endswith(". Errors: invalid_expression.")
    assert listed["place_order"]["title"] == "Place order"


@pytest.mark.parametrize(
    ("tool", "reads", "destroys", "repeats"),
    [
        ("get_order", True, False, True),
        ("place_order", False, True, False),
        ("move_order", False, True, True),
        ("delete_order", False, True, True),
        ("edit_product", False, True, True),
        ("tag_all", False, True, False),
        ("swap_ranks", False, True, False),
        ("calculate", True, False, True),
        ("give_up", False, False, False),
    ],
)
def test_hints(listed: dict[str, Any], tool: str, reads: bool, destroys: bool, repeats: bool) -> None:
    hints = listed[tool]["annotations"]
    assert hints == {
        "title": listed[tool]["title"],
        "readOnlyHint": reads,
        "destructiveHint": destroys,
        "idempotentHint": repeats,
        "openWorldHint": False,
    }


VALUES = st.sampled_from(
    [
        None, True, 0, 1, 2, 9, 10, 99, 100, -1, 1.5, 999.5, 1000, "", "pen", "open", "on hold", "ORD-00001",
        "ORD-1", "2026-02-28", "2026-02-30", "x" * 80, "x" * 81, [], ["2026-03-01"], ["2026-03-01"] * 4, [1], {},
        {"product": "pen"}, [{"product": "pen"}], [{"product": "pen", "qty": 0}], [{"product": "pen", "x": 1}],
    ]
)  # fmt: skip
NAMES = sorted({param.name for tool in SHOP.tools for param in tool.params} | {"unknown"})


@given(
    st.sampled_from([tool.name for tool in SHOP.tools if not tool.hidden]),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4),
)
def test_the_schema_and_the_tool_accept_the_same_arguments(
    world: World, tool: str, arguments: dict[str, Any]
) -> None:
    info = next(info for info in world.tools if info.name == tool)
    checker = jsonschema.Draft202012Validator(info.input_schema, format_checker=jsonschema.FormatChecker())
    mistakes = [error.message for error in checker.iter_errors(arguments)]
    with world.session() as session:
        result = session.call(tool, arguments)
    is_invalid = result.error is not None and result.error["code"] == "invalid_arguments"
    # What a schema cannot say: the ends of dates, and the ranges of tools that this one calls.
    if tool != "import":
        assert is_invalid == bool(mistakes), (result, mistakes)
    assert result.error is None or result.error["code"] != "internal"
