"""A small shop as the IR has it, written by hand: each kind of statement, and names that Python or SQL keep
for themselves."""

from typing import Any

from msgspec import structs

from awmc.ir import nodes as n

PLACE = n.Place(line=1, text="entity")


def at(text: str) -> n.Place:
    return n.Place(line=1, text=text)


def ty(kind: Any, **more: Any) -> n.Type:
    return n.Type(kind=kind, **more)


def null(type_: n.Type) -> n.Type:
    return structs.replace(type_, nullable=True)


TEXT, INT, MONEY, BOOL, NULL = ty("text"), ty("int"), ty("money"), ty("bool"), ty("null")
CUSTOMER, PRODUCT, ORDER, LINE, TAG = (
    ty("row", name=name) for name in ("Customer", "Product", "Order", "Line", "Tag")
)
STATUS = ty("enum", name="Order.status")
QTY = ty("int", low=1, high=99)
ITEM = ty(
    "record",
    fields=(
        n.TypeField(name="product", type=PRODUCT),
        n.TypeField(name="qty", type=null(QTY), required=False, doc="How many"),
    ),
)


def many(type_: n.Type, **more: Any) -> n.Type:
    return ty("list", element=type_, **more)


def const(value: Any, type_: n.Type = TEXT) -> n.Const:
    return n.Const(type=type_, value=value)


def local(name: str, type_: n.Type) -> n.Local:
    return n.Local(name=name, type=type_)


def var(name: str, type_: n.Type) -> n.Var:
    return n.Var(name=name, type=type_)


def col(of: n.Expr, column: str, type_: n.Type) -> n.Column:
    return n.Column(of=of, entity=of.type.name, column=column, type=type_)


def fn(name: Any, *args: n.Expr, type: n.Type = BOOL) -> n.Apply:
    return n.Apply(fn=name, args=args, type=type)


def query(alias: str, row: n.Type, *tests: n.Expr, **more: Any) -> n.Query:
    source = n.From(alias=alias, type=row, of=n.EntitySource(entity=row.name))
    return n.Query(
        type=many(row), sources=(source,), where=tuple(n.Term(test=test) for test in tests), **more
    )


def put(**values: n.Expr) -> tuple[n.ColumnValue, ...]:
    return tuple(n.ColumnValue(column=column, value=value) for column, value in values.items())


def refusal(code: str, *message: n.Expr) -> n.Failure:
    return n.Failure(
        code=code, message=message[0] if len(message) == 1 else fn("concat", *message, type=TEXT)
    )


def stored(name: str, type_: n.Type, **more: Any) -> n.StoredColumn:
    return n.StoredColumn(name=name, field=name, type=type_, **more)


def entity(name: str, *columns: n.StoredColumn, **more: Any) -> n.Entity:
    low = name.lower()
    return n.Entity(
        name=name,
        table=low,
        singular=low,
        plural=f"{low}s",
        columns=columns,
        place=PLACE,
        **{"id_column": columns[0].name, **more},
    )


ID = stored("id", INT)
TAGS = n.ManyToMany(name="tags", entity="Tag", table="product_tags", of_column="product", to_column="tag")
NOW, ME = n.Now(type=ty("datetime")), n.Me(type=CUSTOMER)

ENTITIES = (
    entity("Customer", ID, stored("name", TEXT), stored("credit", ty("money", low=0))),
    entity(
        "Product",
        stored("sku", TEXT),
        stored("name", ty("text", low=1, high=40)),
        stored("price", MONEY),
        natural_key=True,
        links=(TAGS,),
    ),
    entity("Tag", ID, stored("name", TEXT, unique=True), stored("rank", INT, unique=True)),
    entity(
        "Order",
        ID,
        stored("customer", CUSTOMER, references="Customer"),
        stored(
            "status",
            STATUS,
            moves=(
                n.Move(source="open", targets=("sent", "on hold")),
                n.Move(source="sent", targets=()),
                n.Move(source="on hold", targets=("open",)),
            ),
        ),
        stored("note", null(TEXT)),
        stored("placed", ty("datetime")),
        id_format="ORD-{n:05}",
    ),
    entity(
        "Line",
        ID,
        stored("order", ORDER, references="Order", cascade=True),
        stored("product", PRODUCT, references="Product"),
        stored("qty", QTY),
    ),
)

SELF_LINE, SELF_ORDER, SELF_PRODUCT = var("self", LINE), var("self", ORDER), var("self", PRODUCT)
LINES_OF_SELF = query("l", LINE, fn("eq", col(var("l", LINE), "order", ORDER), SELF_ORDER))
SHAPES = (
    n.Shape(
        name="LineCard",
        entity="Line",
        members=(
            n.Member(name="product", type=PRODUCT, value=col(SELF_LINE, "product", PRODUCT)),
            n.Member(name="qty", type=QTY, value=col(SELF_LINE, "qty", QTY)),
        ),
    ),
    n.Shape(
        name="OrderCard",
        entity="Order",
        members=(
            n.Member(name="id", type=ty("id", name="Order"), value=SELF_ORDER),
            n.Member(
                name="status", type=STATUS, value=col(SELF_ORDER, "status", STATUS), doc="Where it stands"
            ),
            n.Member(name="note", type=null(TEXT), value=col(SELF_ORDER, "note", null(TEXT))),
            n.Member(name="lines", type=many(LINE), value=LINES_OF_SELF, shape="LineCard"),
        ),
    ),
    n.Shape(
        name="ProductCard",
        entity="Product",
        members=(
            n.Member(name="sku", type=TEXT, value=col(SELF_PRODUCT, "sku", TEXT)),
            n.Member(name="price", type=MONEY, value=col(SELF_PRODUCT, "price", MONEY)),
        ),
    ),
)


def price_of(product: n.Expr) -> n.Expr:
    return col(product, "price", MONEY)


def tool(name: str, *params: n.Param, body: tuple[n.Statement, ...], about: str = "", **more: Any) -> n.Tool:
    return n.Tool(name=name, about=about, params=params, body=body, place=at(f"tool {name}"), **more)


def param(name: str, type_: n.Type, default: n.Expr | None = None, **more: Any) -> n.Param:
    return n.Param(
        name=name, type=type_, required=default is None and not type_.nullable, default=default, **more
    )


def returns(value: n.Expr) -> n.Return:
    return n.Return(place=at("return"), value=value)


order, items, product, item = (
    local("order", ORDER),
    local("items", many(ITEM)),
    local("product", PRODUCT),
    local("item", ITEM),
)
amount = local("amount", ty("money", low=1))
ITEM_PRODUCT = n.Part(type=PRODUCT, of=item, name="product")
ITEM_QTY = n.Part(type=null(QTY), of=item, name="qty")
CREDIT = col(ME, "credit", MONEY)

PAY = tool(
    "pay",
    param("amount", ty("money", low=1)),
    param("why", null(ty("text", low=3, high=20, pattern="[a-z ]*"))),
    hidden=True,
    body=(
        n.Require(
            place=at("require me.credit >= amount else no_credit"),
            test=fn("ge", CREDIT, amount),
            otherwise=refusal(
                "no_credit",
                const("It costs "),
                fn("text", amount, type=TEXT),
                const(' but "credit" is '),
                fn("text", CREDIT, type=TEXT),
                const("."),
            ),
        ),
        n.Update(
            place=at("update me set credit -= amount"),
            entity="Customer",
            alias="c",
            rows=ME,
            assigns=(
                n.Assign(
                    column="credit",
                    value=fn("sub", col(var("c", CUSTOMER), "credit", MONEY), amount, type=MONEY),
                ),
            ),
        ),
    ),
)

PLACE_ORDER = tool(
    "place_order",
    param("items", many(ITEM, low=1, high=5), doc="What to buy"),
    param("note", null(TEXT)),
    param("for", CUSTOMER, ME, doc="Who gets it"),
    param("pay", null(BOOL)),
    about='Place an order for products and pay it: "all or nothing", with a sentence that does not '
    "fit on one line of code.",
    result=ORDER,
    result_shape="OrderCard",
    body=(
        n.Create(
            place=at("create Order { items }"),
            name="order",
            entity="Order",
            values=put(
                customer=local("for", CUSTOMER),
                status=const("open", STATUS),
                note=local("note", null(TEXT)),
                placed=NOW,
            ),
            children=(
                n.Children(
                    entity="Line",
                    via="order",
                    each=items,
                    element="item",
                    values=put(product=ITEM_PRODUCT, qty=fn("coalesce", ITEM_QTY, const(1, INT), type=INT)),
                ),
            ),
        ),
        n.For(
            place=at("for item in items"),
            name="item",
            type=ITEM,
            over=items,
            body=(
                n.Call(
                    place=at("pay(amount: item.product.price * item.qty)"),
                    tool="pay",
                    args=(
                        n.Key(
                            name="amount",
                            value=fn(
                                "mul",
                                price_of(ITEM_PRODUCT),
                                fn("coalesce", ITEM_QTY, const(1, INT), type=INT),
                                type=MONEY,
                            ),
                        ),
                    ),
                ),
            ),
        ),
        returns(order),
    ),
    effects=n.Effects(creates=("order.*", "line.*"), updates=("customer.credit",)),
    errors=(n.ErrorCode(code="no_credit"), n.ErrorCode(code="not_found", own=False)),
    checks=("few_lines",),
    calls=("pay",),
)

status = local("status", null(STATUS))
LIST_ORDERS = tool(
    "list_orders",
    param("status", null(STATUS)),
    param("limit", ty("int", low=1, high=50), const(2, INT), paging=True),
    param("offset", ty("int", low=0), const(0, INT), paging=True),
    about="List orders.",
    result=many(ORDER, paged=True),
    result_shape="OrderCard",
    paged=True,
    derived_from="Order.list",
    body=(
        returns(
            structs.replace(
                query("o", ORDER),
                where=(
                    n.Term(test=fn("eq", col(var("o", ORDER), "status", STATUS), status), given=("status",)),
                ),
                limit=local("limit", INT),
                offset=local("offset", INT),
            )
        ),
    ),
)

GET_ORDER = tool(
    "get_order",
    param("order", ORDER),
    about="Read one order.",
    result=ORDER,
    result_shape="OrderCard",
    derived_from="Order.get",
    body=(returns(order),),
)

LAST_ORDER = tool(
    "last_order",
    about="The newest order, if there is any.",
    result=null(ORDER),
    result_shape="OrderCard",
    body=(
        returns(
            n.Aggregate(
                type=null(ORDER),
                fn="first",
                query=query(
                    "o",
                    ORDER,
                    order=(n.OrderKey(key=col(var("o", ORDER), "placed", NOW.type), descending=True),),
                ),
            )
        ),
    ),
)

MOVE_ORDER = tool(
    "move_order",
    param("order", ORDER),
    param("status", STATUS),
    about="Move an order to another state.",
    body=(
        n.Update(
            place=at("update order set status = status"),
            entity="Order",
            alias="o",
            rows=order,
            assigns=(n.Assign(column="status", value=local("status", STATUS)),),
            moves=("status",),
        ),
    ),
    effects=n.Effects(updates=("order.status",)),
)

DELETE_ORDER = tool(
    "delete_order",
    param("order", ORDER),
    about="Delete an order and its lines.",
    body=(n.Delete(place=at("delete order"), entity="Order", rows=order),),
    effects=n.Effects(deletes=("order.*", "line.*")),
)

DELETE_PRODUCT = tool(
    "delete_product",
    param("product", PRODUCT),
    about="Delete a product.",
    body=(n.Delete(place=at("delete product"), entity="Product", rows=product),),
    effects=n.Effects(deletes=("product.*", "product_tags.*")),
)

EDIT_PRODUCT = tool(
    "edit_product",
    param("product", PRODUCT),
    param("name", null(ty("text", low=1, high=80))),
    param("price", null(ty("money", low=100, high=99_950))),
    param("tag", null(TAG)),
    about="Change a product.",
    body=(
        n.Update(
            place=at("update product set name = name?, price = price?, tags += tag"),
            entity="Product",
            alias="p",
            rows=product,
            assigns=(
                n.Assign(column="name", value=local("name", TEXT), given=("name",)),
                n.Assign(column="price", value=local("price", MONEY), given=("price",)),
            ),
            links=(
                n.LinkChange(
                    link="product_tags",
                    of_column="product",
                    to_column="tag",
                    add=True,
                    rows=local("tag", TAG),
                    given=("tag",),
                ),
            ),
        ),
    ),
    effects=n.Effects(creates=("product_tags.*",), updates=("product.name", "product.price")),
)

tag_of = var("t", TAG)
TAG_ALL = tool(
    "tag_all",
    param("name", ty("text", low=2, high=10)),
    param("off", BOOL, const(False, BOOL)),
    about="Put a tag on every cheap product, or take it off.",
    result=INT,
    body=(
        n.LetOrCreate(
            place=at("let tag = first(Tag where .name == name) else create Tag { name }"),
            name="tag",
            value=n.Aggregate(
                type=null(TAG),
                fn="first",
                query=query("t", TAG, fn("eq", col(tag_of, "name", TEXT), local("name", TEXT))),
            ),
            create=n.Create(
                place=at("create"),
                entity="Tag",
                values=put(
                    name=local("name", TEXT),
                    rank=fn(
                        "add",
                        n.Aggregate(type=INT, fn="count", query=query("u", TAG)),
                        const(1, INT),
                        type=INT,
                    ),
                ),
            ),
        ),
        n.Let(
            place=at("let cheap = Product where .price < 10"),
            name="cheap",
            value=query("p", PRODUCT, fn("lt", price_of(var("p", PRODUCT)), const(1000, MONEY))),
        ),
        n.If(
            place=at("if off"),
            test=local("off", BOOL),
            then=(
                n.Update(
                    place=at("update cheap set tags -= tag"),
                    entity="Product",
                    alias="p",
                    rows=local("cheap", many(PRODUCT)),
                    assigns=(),
                    links=(
                        n.LinkChange(
                            link="product_tags",
                            of_column="product",
                            to_column="tag",
                            add=False,
                            rows=local("tag", TAG),
                        ),
                    ),
                ),
            ),
            otherwise=(
                n.Update(
                    place=at('update cheap set tags += tag, name = "tagged"'),
                    entity="Product",
                    alias="p",
                    rows=query("p", PRODUCT, fn("lt", price_of(var("p", PRODUCT)), const(1000, MONEY))),
                    assigns=(n.Assign(column="price", value=const(2000, MONEY)),),
                    links=(
                        n.LinkChange(
                            link="product_tags",
                            of_column="product",
                            to_column="tag",
                            add=True,
                            rows=local("tag", TAG),
                        ),
                    ),
                ),
            ),
        ),
        returns(
            n.Aggregate(
                type=INT,
                fn="count",
                query=n.Query(
                    type=many(PRODUCT),
                    sources=(
                        n.From(alias="c", type=PRODUCT, of=n.ListSource(of=local("cheap", many(PRODUCT)))),
                    ),
                ),
            )
        ),
    ),
    effects=n.Effects(
        creates=("tag.*", "product_tags.*"), updates=("product.price",), deletes=("product_tags.*",)
    ),
)

SWAP_RANKS = tool(
    "swap_ranks",
    about="Turn the ranks of the tags round.",
    body=(
        n.Update(
            place=at("update Tag set rank = count(Tag) + 1 - rank"),
            entity="Tag",
            alias="t",
            rows=query("t", TAG),
            assigns=(
                n.Assign(
                    column="rank",
                    value=fn(
                        "sub",
                        n.Aggregate(type=INT, fn="count", query=query("u", TAG)),
                        fn("sub", col(tag_of, "rank", INT), const(1, INT), type=INT),
                        type=INT,
                    ),
                ),
            ),
        ),
    ),
    effects=n.Effects(updates=("tag.rank",)),
)

PRICE_OF = tool(
    "price_of",
    param("product", PRODUCT),
    param("times", ty("int", low=1, high=10), const(1, INT)),
    about="What some of a product cost.",
    result=MONEY,
    body=(returns(fn("mul", price_of(product), local("times", INT), type=MONEY)),),
)

# The names are those that Python, pydantic or the runtime keep for themselves.
IMPORT = tool(
    "import",
    param("class", STATUS),
    param("copy", PRODUCT, doc="Which one"),
    param("call", ty("int", low=0, high=20), const(3, INT)),
    param("list", null(many(ty("date", low="2026-01-01"), high=3))),
    about="Names \\ that need care.",
    result=ty(
        "record",
        fields=(
            n.TypeField(name="price", type=MONEY),
            n.TypeField(name="ok", type=BOOL),
            n.TypeField(name="days", type=null(many(ty("date")))),
        ),
    ),
    body=(
        n.Let(
            place=at("let type = price_of(product: copy, times: call)"),
            name="unused",
            value=price_of(local("copy", PRODUCT)),
        ),
        n.Call(
            place=at("let type = price_of(product: copy, times: call)"),
            name="type",
            tool="price_of",
            args=(
                n.Key(name="product", value=local("copy", PRODUCT)),
                n.Key(name="times", value=local("call", INT)),
            ),
        ),
        n.Require(
            place=at("require class == open else {closed}"),
            test=fn("eq", local("class", STATUS), const("open", STATUS)),
            otherwise=refusal(
                "closed",
                const("{class} is '"),
                fn("text", local("class", STATUS), type=TEXT),
                const('" not "open".'),
            ),
        ),
        n.Let(
            place=at("let first = list[0] else none"),
            name="first",
            value=n.Item(
                type=null(ty("date")), of=local("list", null(many(ty("date")))), index=const(0, INT)
            ),
            otherwise=refusal("none", const("There is no day.")),
        ),
        n.If(
            place=at("if type > 100.00"),
            test=fn("gt", local("type", MONEY), const(10_000, MONEY)),
            then=(
                n.Fail(
                    place=at("fail dear"),
                    failure=refusal(
                        "dear", const("Over 100 for "), fn("text", local("type", MONEY), type=TEXT)
                    ),
                ),
            ),
            otherwise=(
                n.If(
                    place=at("if first < 2026-02-01"),
                    test=fn("lt", local("first", ty("date")), const("2026-02-01", ty("date"))),
                    then=(
                        n.Fail(
                            place=at("fail early"),
                            failure=refusal(
                                "early",
                                fn("text", local("first", ty("date")), type=TEXT),
                                const(" is early."),
                            ),
                        ),
                    ),
                ),
            ),
        ),
        returns(
            n.RecordOf(
                type=NULL,
                fields=(
                    n.Key(name="price", value=local("type", MONEY)),
                    n.Key(name="ok", value=fn("not", fn("is_null", local("list", null(many(ty("date"))))))),
                    n.Key(name="days", value=local("list", null(many(ty("date"))))),
                ),
            )
        ),
    ),
    calls=("price_of",),
)

_LINES_OF = n.Aggregate(
    type=INT,
    fn="count",
    query=query("l", LINE, fn("eq", col(var("l", LINE), "order", ORDER), SELF_ORDER)),
)

SHOP = n.Environment(
    name="shop",
    about="Buy and sell.",
    clock="2026-03-02T08:00:00",
    actor=n.Actor(entity="Customer", key=1),
    offers=(n.Offered(kind="calculate", name="calculate"), n.Offered(kind="handoff", name="give_up")),
    enums=(
        n.Enum(
            name="Order.status",
            inline=True,
            values=(
                n.EnumValue(name="open", wire="open", doc="It may change."),
                n.EnumValue(name="sent", wire="sent"),
                n.EnumValue(name="held", wire="on hold", doc="Until it is paid"),
            ),
        ),
    ),
    entities=ENTITIES,
    shapes=SHAPES,
    invariants=(
        n.Invariant(
            name="few_lines",
            about="An order has at most three lines.",
            entity="Order",
            test=fn("le", _LINES_OF, const(3, INT)),
            tables=("line",),
            place=PLACE,
        ),
    ),
    tools=(
        PAY,
        PLACE_ORDER,
        LIST_ORDERS,
        GET_ORDER,
        LAST_ORDER,
        MOVE_ORDER,
        DELETE_ORDER,
        DELETE_PRODUCT,
        EDIT_PRODUCT,
        TAG_ALL,
        SWAP_RANKS,
        PRICE_OF,
        IMPORT,
    ),
    rows={
        "customer": ((1, "Ana", 10_000), (2, "Ben", 0)),
        "product": (("ink", "Ink", 250), ("lamp", "Lamp", 4_995), ("pen", "Pen", 99)),
        "tag": ((1, "new", 1), (2, "old", 2)),
        "order": (
            (1, 1, "open", None, "2026-03-01T08:00:00"),
            (2, 2, "sent", "Thanks", "2026-03-01T09:00:00"),
            (3, 1, "on hold", None, "2026-02-01T08:00:00"),
        ),
        "line": ((1, 1, "pen", 3), (2, 2, "lamp", 1)),
        "product_tags": (("pen", 1),),
    },
)
