"""Specs of any size: towns of five entities, each joined to the one before it, all of them with one member."""

from __future__ import annotations

from random import Random

_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va")
_COLOURS = ("Blue", "Green", "Red", "White", "Black")
_GOODS = ("Lamp", "Kettle", "Blanket", "Lantern", "Basket", "Candle", "Mirror", "Hammer", "Teapot", "Ladder")

_HEAD = """\
# A market of {entities} entities, grown from seed {seed}.
env market "Shops of many towns, as one member sees them." {{
  clock 2026-03-02T09:00
  actor Member ada
  policy "You act for one member of the market."
}}

enum Grade {{ poor, fair, good }}

entity Member {{
  name: text 2..60
  email: email @unique
  credit: money 0.. = 0
}}

tools Member {{ get }}

tool get_profile() "Show who is signed in." -> Member {{ return me }}

tool add_credit(amount: money 1..500) "Put money on the account." -> Member {{
  update me set credit += amount
  return me
}}

seed Member (name, email, credit) {{
  ada: "Ada Moreau", "ada@example.com", {credit}.00
  ben: "Ben Castell", "ben@example.com", 40.00
  eva: "Eva Lindholm", "eva@example.com", 0.00
}}

task top_up "Put {amount} euro on my account. How much is on it then?" {{
  solve {{ add_credit(amount: {amount}.00) }}
  answer ada.credit
}}
"""

_SHOP = """
entity {T}Shop "A shop in {T}." {{
  name: text 2..60 @search @unique
  town: text 2..40 = "{T}"
  grade: Grade = fair
  opens: time = {opens}:00
  items: [{T}Item]
  mean_price: money @computed(avg(.items, .price) ?? 0.00)
}}

invariant {t}_shop_opens on {T}Shop: .opens >= 05:00

tools {T}Shop {{ list(grade, town), get }}

tool open_{t}_shop(name: text 2..60, grade: Grade?) "Open a shop in {T}." -> {T}Shop {{
  require not exists({T}Shop where .name == name) else taken "There is a shop of that name."
  let shop = create {T}Shop {{ name }}
  update shop set grade = grade?
  return shop
}}

seed {T}Shop (name, grade) {{
{shops}
}}

task {t}_shop_hours "When does the shop {shop} open?" {{
  solve {{
    list_{t}_shops(query: "{shop}")
  }}
  answer {t}_first.opens
}}
"""

_ITEM = """
entity {T}Item "What a shop of {T} sells." {{
  shop: {T}Shop
  title: text 1..80 @search
  price: money 0.01..
  stock: int 0.. = {stock}
{joined}  lines: [{T}Line]
  @@unique(shop, title)
}}

invariant {t}_stock_kept on {T}Item: .stock + sum(.lines, .qty) >= 0

shape {T}ItemCard = {T}Item(id, title, price, stock, shop: .shop.name)

tools {T}Item -> {T}ItemCard {{ list(shop, price, stock) }}

tool find_{t}_bargains(shop: {T}Shop?, words: text?, most: money?, limit: int 1..50 = 10)
  "Find what is in stock, cheapest first." -> [{T}ItemCard] {{
  return {T}Item
    where .shop == shop? and matches(.title, words?) and .price <= most? and .stock > 0
    order by .price
    limit limit
}}

seed {T}Item (shop, title, price, stock) {{
{items}
}}
seed {T}Item * {spares} {{ shop: {t}_first, title: seq("Spare part {{n}}"), price: {more}.25, stock: spread(1, 9) }}
"""

_ORDER = """
entity {T}Order owned by member {{
  member: Member = me
  shop: {T}Shop
  status: states {{ placed -> sent, cancelled  sent -> delivered }}
  note: text? 1..200
  placed_at: datetime = now
  lines: [{T}Line]
  total: money @computed(sum(.lines, .qty * .unit_price))
  @@id("{ID}-{{n:04}}")
}}

invariant {t}_one_shop_an_order on {T}Order: all(.lines, .item.shop == self.shop)

shape {T}OrderPage = {T}Order(id, shop: .shop.name, status, note, total, lines(item: .item.title, qty, unit_price))

tools my {T}Order -> {T}OrderPage {{ list(status, placed_at), get, update(note) }}

tool order_{t}_item(item: {T}Item, qty: int 1..20, note: text? 1..200)
  "Order an item, paid from the account." -> {T}OrderPage {{
  require item.stock >= qty else sold_out "Only {{item.stock}} are left."
  let due = item.price * qty
  require me.credit >= due else no_credit "It costs {{due}}, and {{me.credit}} is on the account."
  let order = create {T}Order {{ shop: item.shop, note }}
  create {T}Line {{ order, item, qty, unit_price: item.price }}
  update item set stock -= qty
  update me set credit -= due
  return order
}}

tool cancel_{t}_order(order: my {T}Order) "Cancel an order that has not left the shop." -> {T}OrderPage {{
  require order.status == placed else too_late "It is on its way."
  update order set status = cancelled
  update me set credit += order.total
  return order
}}

seed {T}Order (member, shop, placed_at) {{
  {t}_mine: ada, {t}_first, -3d
  ben, {t}_first, -2d
}}

task {t}_cheapest "Order {qty} of the item that is cheapest at the {shop}, with the note \\"At the back door\\"." {{
  solve {{
    let shop = list_{t}_shops(query: "{shop}")[0]
    let found = find_{t}_bargains(shop: shop.id, limit: 1)
    order_{t}_item(item: found[0].id, qty: {qty}, note: "At the back door")
  }}
}}
"""

_LINE = """
entity {T}Line owned by order.member {{
  order: {T}Order @cascade
  item: {T}Item
  qty: int 1..20
  unit_price: money 0.01..
  @@unique(order, item)
}}

invariant {t}_line_price on {T}Line: .unit_price <= 100000.00

tools my {T}Line {{ list(item) }}

tool spent_in_{t}(since: date) "Add up by item what the orders since a day cost." -> [{{title: text, spent: money}}] {{
  return group(my {T}Line where .order.status != cancelled and date(.order.placed_at) >= since,
    title: .item.title, spent: sum(.qty * .unit_price))
}}

seed {T}Line (order, item, qty, unit_price) {{
  {t}_mine, {t}_item, {qty}, {price}
}}
"""

_REVIEW = """
entity {T}Review owned by member {{
  member: Member = me
  item: {T}Item
  stars: int 1..5
  comment: text? 1..400
  written_at: datetime = now
  @@unique(member, item)
}}

invariant {t}_fair_words on {T}Review: .stars > 1 or .comment is not null

tools my {T}Review {{
  list(stars)
  create(item, stars, comment)
    require .stars > 1 or .comment is not null else why "Say what was wrong.",
  delete
}}

tool rating_in_{t}(item: {T}Item) "The mean of the stars of an item, 0 without any." {{
  return avg({T}Review where .item == item, .stars) ?? 0.0
}}

seed {T}Review (member, item, stars, comment) {{
  ben, {t}_item, {stars}, "As described."
}}
"""

_PARTS = (_SHOP, _ITEM, _ORDER, _LINE, _REVIEW)


def grow(entities: int, seed: int = 0) -> str:
    """A valid spec of so many entities, a multiple of five; the same arguments give the same text.

    Every entity has derived tools, a tool, an invariant and seeds; every five have two tasks.
    """
    random = Random(seed)
    credit = random.randrange(20, 80) * 100
    text = [_HEAD.format(entities=entities, seed=seed, credit=credit, amount=random.randrange(20, 500))]
    towns = [_town(number) for number in range(entities // 5)]
    for town, before in zip(towns, [None, *towns], strict=False):
        values = _values(town, before, random)
        # The last town goes without reviews: the member is an entity too.
        text += [part.format_map(values) for part in (_PARTS if town != towns[-1] else _PARTS[:-1])]
    return "".join(text)


def _values(town: str, before: str | None, random: Random) -> dict[str, str | int]:
    """What the texts of a town leave open."""
    name = town.lower()
    goods = random.sample(_GOODS, 6)
    prices = [f"{price}.50" for price in random.sample(range(3, 90), 6)]
    shops = [f"{name}_first"] * 4 + [f"{name}_second"] * 2
    items = [
        f'  {shop}, "{random.choice(_COLOURS)} {title}", {price}, {random.randrange(5, 40)}'
        for shop, title, price in zip(shops, goods, prices, strict=True)
    ]
    items[0] = f"  {name}_item: {items[0].lstrip()}"
    return {
        "T": town,
        "t": name,
        "ID": town.upper(),
        "shop": f"{town} Corner",
        "shops": f'  {name}_first: "{town} Corner", good\n  {name}_second: "{town} Market", fair',
        "opens": f"{random.randrange(6, 11):02}",
        "stock": random.randrange(10),
        "joined": f'  instead: {before}Item? "Where it is sold out"\n' if before else "",
        "items": "\n".join(items),
        "more": random.randrange(100, 105),
        "spares": random.randrange(3, 7),
        "qty": random.randrange(1, 5),
        "price": prices[0],
        "stars": random.randrange(2, 6),
    }


def _town(number: int) -> str:
    """Another name for each number: the number in syllables."""
    name = ""
    for _ in range(3):
        number, place = divmod(number, len(_SYLLABLES))
        name += _SYLLABLES[place]
    return name.capitalize()
