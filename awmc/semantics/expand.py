"""`tools Entity { … }` written out: each item as a tool in the language itself."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from awmc.diagnostics.suggest import nearest
from awmc.semantics.declare import plural_of, snake
from awmc.semantics.functions import AGGREGATES
from awmc.semantics.model import Entity, Field, Model
from awmc.semantics.typeexprs import entity_named, report_unknown_field, scope_exists
from awmc.semantics.types import TEXTUAL
from awmc.source import Span
from awmc.syntax import ast

ITEMS = ("list", "get", "create", "update", "delete")


def expand(model: Model) -> list[tuple[ast.Tool, str]]:
    """All tools and actions in source order; derived ones with `Entity.item`, those written by hand with
    `""`.
    """
    tools: list[tuple[ast.Tool, str]] = []
    for item in model.spec.items:
        if isinstance(item, ast.Tool):
            tools.append((item, ""))
        elif isinstance(item, ast.Tools):
            tools.extend(_expand_block(model, item))
    return tools


def _expand_block(model: Model, node: ast.Tools) -> list[tuple[ast.Tool, str]]:
    found = _derive(model, node)
    made = {origin.partition(".")[2] for _, origin in found}
    for item in node.items:
        if item.kind.text not in made:
            model.lost |= _names_of(model, node, item)
    return found


def _names_of(model: Model, node: ast.Tools, item: ast.Derived) -> set[str]:
    """What a tool that could not be derived may be called by."""
    if item.alias is not None:
        return {item.alias.text}
    meant = nearest(node.entity.text, model.entities) or ""
    entity = model.entities.get(node.entity.text) or model.entities.get(meant)
    noun = snake(node.entity.text)
    nouns = {entity.singular, entity.plural} if entity is not None else {noun, plural_of(noun)}
    kinds = {item.kind.text, nearest(item.kind.text, ITEMS) or ""}
    return {f"{kind}_{noun}" for kind in kinds for noun in nouns}


def _derive(model: Model, node: ast.Tools) -> list[tuple[ast.Tool, str]]:
    entity = entity_named(model, node.entity)
    if entity is None:
        return []
    if node.scope is not None and not scope_exists(model, entity.name, node.scope):
        return []
    if node.shape is not None:
        shape = model.shapes.get(node.shape.text)
        if shape is None:
            hint = nearest(node.shape.text, [n for n in model.shapes if "." not in n])
            model.report("AWM216", node.shape.span, name=node.shape.text, hint=hint)
            return []
        if shape.entity is not entity:
            model.report(
                "AWM518",
                node.shape.span,
                shape=shape.name,
                entity=shape.entity.name,
                found=f"`{entity.name}`",
            )
            return []
        shape.used = True
    if not node.items:
        model.report("AWM403", node.span, what=f"`tools {entity.name}`")
    found: list[tuple[ast.Tool, str]] = []
    seen: set[str] = set()
    for item in node.items:
        kind = item.kind.text
        if kind not in ITEMS:
            model.report("AWM225", item.kind.span, entity=entity.name, item=kind, hint=nearest(kind, ITEMS))
            continue
        if kind in seen and item.alias is None:
            model.report("AWM121", item.kind.span, entity=entity.name, item=kind)
            continue
        seen.add(kind)
        if kind in ("get", "delete") and item.names:
            model.report("AWM524", item.names[0].span, item=kind, expected="no columns")
            continue
        if kind == "list" and item.requires:
            model.report("AWM524", item.requires[0].span, item="list", expected="no `require`")
            continue
        tool = _Writer(model, entity, node, item).write(kind)
        if tool is not None:
            found.append((tool, f"{entity.name}.{kind}"))
    return found


class _Writer:
    """Writes one derived tool. Every node it makes stands at the item's keyword."""

    def __init__(self, model: Model, entity: Entity, block: ast.Tools, item: ast.Derived) -> None:
        self.model = model
        self.entity = entity
        self.item = item
        self.span = item.kind.span
        self.scope = block.scope
        self.result = block.shape.text if block.shape is not None else entity.name

    def write(self, kind: str) -> ast.Tool | None:
        columns = self._columns(kind)
        if columns is None:
            return None
        match kind:
            case "list":
                return self._list(columns)
            case "get":
                return self._get()
            case "create":
                return self._create(columns)
            case "update":
                return self._update(columns)
        return self._delete()

    # ---- Nodes ----

    def name(self, text: str) -> ast.Name:
        return ast.Name(self.span, text)

    def ref(self, text: str) -> ast.Ref:
        return ast.Ref(self.span, text)

    def column(self, text: str) -> ast.Column:
        return ast.Column(self.span, self.name(text))

    def null(self) -> ast.Literal:
        return ast.Literal(self.span, "null", None)

    def binary(self, op: str, left: ast.Expr, right: ast.Expr) -> ast.Binary:
        return ast.Binary(self.span, op, left, right)

    def given(self, name: str) -> ast.IfGiven:
        return ast.IfGiven(self.span, self.ref(name))

    def param(
        self, name: str, kind: ast.TypeExpr, default: ast.Expr | None = None, doc: str = ""
    ) -> ast.Param:
        return ast.Param(
            self.span, self.name(name), kind, default, (), ast.Text(self.span, doc) if doc else None
        )

    def rows(self) -> ast.Expr:
        if self.scope is not None:
            return ast.Scoped(self.span, self.name(self.scope.text), self.name(self.entity.name))
        return ast.EntityRef(self.span, self.entity.name)

    def row_type(self, entity: str, *, optional: bool = False) -> ast.RowType:
        """A reference; in scoped tools it takes the scope of the same name where its entity has one."""
        scope = None
        if self.scope is not None and (
            entity == self.entity.name or self._has_scope(entity, self.scope.text)
        ):
            scope = self.name(self.scope.text)
        return ast.RowType(self.span, scope, self.name(entity), optional)

    def _has_scope(self, entity: str, scope: str) -> bool:
        node = self.model.entities[entity].node
        if scope == "my" and node.owner:
            return True
        return any(
            a.name.text == "scope"
            and a.args
            and isinstance(a.args[0].value, ast.Ref)
            and a.args[0].value.name == scope
            for a in node.attributes
        )

    def tool(
        self, verb: str, noun: str, about: str, params: list[ast.Param], body: list[ast.Statement],
        result: ast.ResultType | None,
    ) -> ast.Tool | None:  # fmt: skip
        name = self.item.alias or self.name(f"{verb}_{noun}")
        names = [p.name.text for p in params]
        double = next((n for n in names if names.count(n) > 1), None)
        if double is not None:
            self.model.report("AWM128", self.span, tool=name.text, parameter=double)
            return None
        block = ast.Block(self.span, tuple(body))
        return ast.Tool(self.span, name, tuple(params), ast.Text(self.span, about), result, block, False)

    def one(self) -> ast.ResultType:
        return ast.ResultType(
            self.span, ast.RowType(self.span, None, self.name(self.result), False), None, False
        )

    @property
    def noun(self) -> str:
        return self.entity.singular.replace("_", " ")

    def _article(self) -> str:
        if self.scope is not None and self.scope.text == "my":
            return f"your {self.noun}"
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"

    def _plural(self) -> str:
        plural = self.entity.plural.replace("_", " ")
        return f"your {plural}" if self.scope is not None and self.scope.text == "my" else plural

    # ---- Columns ----

    def _columns(self, kind: str) -> list[Field] | None:
        found: list[Field] = []
        for name in self.item.names:
            field = self.entity.fields.get(name.text)
            if field is None:
                report_unknown_field(self.model, self.entity.name, name)
                return None
            if field in found:
                self.model.report("AWM123", name.span, owner=f"{kind}", field=name.text)
                continue
            if field.type.kind == "error":
                return None
            if kind == "list" and not _filterable(field):
                self.model.report("AWM519", name.span, field=name.text, found=field.type.a)
                return None
            if kind != "list" and (
                field.kind in ("relation", "computed") or (kind == "create" and field.moves)
            ):
                what = "computed" if field.kind == "computed" else "a relation"
                if field.moves:
                    first = next(iter(field.moves))
                    self.model.report(
                        "AWM422", name.span, entity=self.entity.name, field=name.text, state=first
                    )
                else:
                    self.model.report(
                        "AWM508", name.span, field=name.text, entity=self.entity.name, what=what
                    )
                return None
            if field.hidden and kind == "list":
                self.model.report("AWM517", name.span, entity=self.entity.name, field=name.text)
                return None
            found.append(field)
        if kind == "create":
            for field in self.entity.fields.values():
                missing = (
                    field.kind == "stored"
                    and field not in found
                    and not field.moves
                    and not field.type.nullable
                )
                has_default = field.node is not None and field.node.default is not None
                if missing and not has_default:
                    self.model.report("AWM520", self.span, entity=self.entity.name, field=field.name)
                    return None
        if kind in ("update",) and not found:
            self.model.report("AWM524", self.span, item="update", expected="the columns that it may change")
            return None
        return found

    def column_type(self, field: Field, *, optional: bool) -> ast.TypeExpr:
        if field.kind == "link" and field.type.element is not None:
            return ast.ListType(self.span, self.row_type(field.type.element.name), optional, None)
        if field.type.kind == "row":
            return self.row_type(field.type.name, optional=optional)
        return ast.ColumnType(self.span, self.name(self.entity.name), self.name(field.name), optional)

    # ---- The five ----

    def _list(self, columns: list[Field]) -> ast.Tool | None:
        params: list[ast.Param] = []
        terms: list[ast.Expr] = []
        for field in columns:
            self._filter(field, params, terms)
        search = [f for f in self.entity.fields.values() if f.search]
        words: ast.Expr | None = None
        if search:
            words = self._searched(search)
            doc = "words to search for in " + " and ".join(f.name.replace("_", " ") for f in search)
            params.append(
                self.param("query", ast.BaseType(self.span, self.name("text"), True, None), doc=doc)
            )
            test: ast.Expr = ast.Call(
                self.span, self.name("matches"),
                (ast.Arg(self.span, None, words), ast.Arg(self.span, None, self.given("query"))),
            )  # fmt: skip
            terms.append(test)
        order = self._sorted([*columns, *(f for f in search if f not in columns)], params, words)
        page = ast.Range(self.span, _int(self.span, 1), _int(self.span, 100))
        params.append(
            self.param("limit", ast.BaseType(self.span, self.name("int"), False, page), _int(self.span, 20))
        )
        start = ast.Range(self.span, _int(self.span, 0), None)
        params.append(
            self.param("offset", ast.BaseType(self.span, self.name("int"), False, start), _int(self.span, 0))
        )
        where: ast.Expr | None = None
        for term in terms:
            where = term if where is None else self.binary("and", where, term)
        query = ast.Query(
            self.span, self.rows(), None, (), where, tuple(order), self.ref("limit"), self.ref("offset")
        )
        element = ast.RowType(self.span, None, self.name(self.result), False)
        result = ast.ResultType(self.span, element, None, True)
        about = f"List {self._plural()}" + (", best match first." if search else ".")
        return self.tool("list", self.entity.plural, about, params, [ast.Return(self.span, query)], result)

    def _filter(self, field: Field, params: list[ast.Param], terms: list[ast.Expr]) -> None:
        name, kind = field.name, field.type.kind
        if kind in ("int", "number", "money", "date", "time", "datetime"):
            ends = (
                (f"min_{name}", f"max_{name}")
                if kind in ("int", "number", "money")
                else (f"{name}_from", f"{name}_to")
            )
            for end, op in zip(ends, (">=", "<="), strict=True):
                base = ast.BaseType(self.span, self.name(kind), True, None)
                params.append(self.param(end, base, doc=_end_doc(field, op)))
                test: ast.Expr = self.binary(op, self.column(name), self.given(end))
                if field.type.nullable:
                    empty = ast.IsNull(self.span, self.column(name), False)
                    test = ast.Condition(self.span, empty, ast.Literal(self.span, "bool", False), test)
                terms.append(test)
            return
        if kind in (*TEXTUAL, "bool"):
            base_type: ast.TypeExpr = ast.BaseType(
                self.span, self.name(kind if kind == "bool" else "text"), True, None
            )
        else:
            base_type = self.column_type(field, optional=True)
        params.append(self.param(name, base_type, doc=field.doc))
        terms.append(self.binary("==", self.column(name), self.given(name)))

    def _searched(self, search: list[Field]) -> ast.Expr:
        parts: list[str | ast.Expr] = []
        for field in search:
            if parts:
                parts.append(" ")
            value: ast.Expr = self.column(field.name)
            if field.type.nullable:
                value = self.binary("??", value, ast.Literal(self.span, "text", ""))
            parts.append(value)
        if len(search) == 1:
            single = parts[0]
            assert not isinstance(single, str)
            return single
        return ast.Interpolation(self.span, tuple(parts))

    def _sorted(
        self, columns: list[Field], params: list[ast.Param], words: ast.Expr | None
    ) -> list[ast.OrderKey]:
        values: list[ast.EnumValue] = []
        keys: list[ast.OrderKey] = []
        if words is not None:
            rank = ast.Call(
                self.span, self.name("relevance"),
                (ast.Arg(self.span, None, words), ast.Arg(self.span, None, self.ref("query"))),
            )  # fmt: skip
            asked = self.binary(
                "and",
                ast.IsNull(self.span, self.ref("sort"), False),
                ast.IsNull(self.span, self.ref("query"), True),
            )
            keys.append(ast.OrderKey(self.span, ast.Condition(self.span, asked, rank, self.null()), True))
        natural = self.entity.key is not None and self.entity.key.natural_key
        id_name = self.entity.id_field.name if natural else "id"
        names = [id_name, *(f.name for f in columns if f.type.kind != "record" and f.name != id_name)]
        for name in names:
            for descending in (False, True):
                # The prefix keeps the values apart from the parameters, which are named after the same
                # columns.
                value = f"by_{name}_desc" if descending else f"by_{name}"
                wire = ast.Text(self.span, f"-{name}" if descending else name)
                values.append(ast.EnumValue(self.span, self.name(value), wire, None))
                if name == id_name and not descending:
                    continue
                chosen = self.binary("==", self.ref("sort"), self.ref(value))
                field = self.entity.fields.get(name)
                key: ast.Expr = self.column(name)
                if field is not None and field.type.kind == "row":
                    key = ast.Attr(self.span, key, self.name("id"))
                keys.append(
                    ast.OrderKey(self.span, ast.Condition(self.span, chosen, key, self.null()), descending)
                )
        kind = ast.EnumType(self.span, tuple(values), True)
        params.append(self.param("sort", kind, doc="the column to sort by, `-` before it for descending"))
        return keys

    def _subject(self) -> ast.Param:
        return self.param(self.entity.singular, self.row_type(self.entity.name))

    def _requires(self, row: str) -> list[ast.Statement]:
        return [_about_row(require, row) for require in self.item.requires]

    def _get(self) -> ast.Tool | None:
        row = self.entity.singular
        body = [*self._requires(row), ast.Return(self.span, self.ref(row))]
        about = f"Get {self._article()} by its {self.entity.id_field.name}."
        return self.tool("get", row, about, [self._subject()], body, self.one())

    def _create(self, columns: list[Field]) -> ast.Tool | None:
        row = self.entity.singular
        params: list[ast.Param] = []
        entries: list[ast.Entry] = []
        for field in columns:
            default = field.node.default if field.node is not None else None
            kind = self.column_type(field, optional=field.type.nullable or field.kind == "link")
            params.append(self.param(field.name, kind, default, field.doc))
            value: ast.Expr | None = None
            if field.kind == "link":
                continue
            entries.append(ast.Entry(self.span, self.name(field.name), value))
        # Required parameters first, as a reader of a signature expects.
        params.sort(key=lambda p: p.default is not None or getattr(p.type, "optional", False))
        local = row if row not in {p.name.text for p in params} else f"{row}_"
        record = ast.RecordOf(self.span, tuple(entries))
        body: list[ast.Statement] = [
            ast.Let(
                self.span, self.name(local), ast.Create(self.span, self.name(self.entity.name), record), None
            )
        ]
        for field in columns:
            if field.kind == "link":
                path = (self.name(field.name),)
                assign = ast.Assign(self.span, path, "+=", self.given(field.name))
                body.append(ast.Update(self.span, self.ref(local), (assign,)))
        body.extend(self._requires(local))
        body.extend(self._stays_inside(local, columns))
        body.append(ast.Return(self.span, self.ref(local)))
        return self.tool("create", row, f"Create {self._article()}.", params, body, self.one())

    def _update(self, columns: list[Field]) -> ast.Tool | None:
        row = self.entity.singular
        params = [self._subject()]
        assigns: list[ast.Assign] = []
        for field in columns:
            params.append(self.param(field.name, self.column_type(field, optional=True), doc=field.doc))
            op = "+=" if field.kind == "link" else "="
            assigns.append(ast.Assign(self.span, (self.name(field.name),), op, self.given(field.name)))  # type: ignore[arg-type]
        body: list[ast.Statement] = [
            *self._requires(row),
            ast.Update(self.span, self.ref(row), tuple(assigns)),
            *self._stays_inside(row, columns),
            ast.Return(self.span, self.ref(row)),
        ]
        return self.tool(
            "update", row, f"Change {self._article()}: what is left out stays.", params, body, self.one()
        )

    def _delete(self) -> ast.Tool | None:
        row = self.entity.singular
        body: list[ast.Statement] = [*self._requires(row), ast.Delete(self.span, self.ref(row))]
        return self.tool("delete", row, f"Delete {self._article()}.", [self._subject()], body, None)

    def _stays_inside(self, row: str, columns: list[Field]) -> list[ast.Statement]:
        """A row that a scoped tool makes or changes must end inside the scope. Where the owner's column is
        not among those that the tool sets, it cannot leave.
        """
        if self.scope is None:
            return []
        owner = self.entity.node.owner
        if self.scope.text == "my" and owner and owner[0].text not in {f.name for f in columns}:
            field = self.entity.fields.get(owner[0].text)
            default = field.node.default if field is not None and field.node is not None else None
            if self.item.kind.text == "update" or (isinstance(default, ast.Ref) and default.name == "me"):
                return []
        key = self.entity.id_field.name if self.entity.id_field.natural_key else "id"
        same = self.binary("==", self.column(key), ast.Attr(self.span, self.ref(row), self.name(key)))
        query = ast.Query(self.span, self.rows(), None, (), same, (), None, None)
        inside = ast.Call(self.span, self.name("exists"), (ast.Arg(self.span, None, query),))
        set_of = "yours" if self.scope.text == "my" else f"those that are `{self.scope.text}`"
        message = ast.Text(self.span, f"The {self.noun} would not be among {set_of}.")
        return [ast.Require(self.span, inside, ast.Otherwise(self.span, self.name("not_found"), message))]


def _filterable(field: Field) -> bool:
    return field.is_column and field.type.kind not in ("record", "list", "duration")


def _int(span: Span, value: int) -> ast.Literal:
    return ast.Literal(span, "int", value)


def _end_doc(field: Field, op: str) -> str:
    word = field.name.replace("_", " ")
    if field.type.kind in ("int", "number", "money"):
        return f"the {'least' if op == '>=' else 'greatest'} {word}"
    return f"{word} {'from' if op == '>=' else 'up to'} this, inclusive"


def _about_row(node: Any, row: str) -> Any:
    """A `require` of a derived tool, its message too, with `.field` (outside of nested queries) and `self` read
    from the row.
    """
    if isinstance(node, ast.Column):
        return ast.Attr(node.span, ast.Ref(node.span, row), node.field)
    if isinstance(node, ast.Ref):
        return ast.Ref(node.span, row) if node.name == "self" else node
    if isinstance(node, ast.Query):
        return replace(_only_self(node, row), source=_about_row(node.source, row))
    if isinstance(node, ast.Call) and node.name.text in (*AGGREGATES, "group") and node.args:
        first = replace(node.args[0], value=_about_row(node.args[0].value, row))
        extreme = node.name.text in ("min", "max") and not isinstance(
            node.args[0].value, (ast.Query, ast.EntityRef, ast.Scoped, ast.Attr)
        )
        rest = tuple(_about_row(a, row) if extreme else _only_self(a, row) for a in node.args[1:])
        return replace(node, args=(first, *rest))
    return _rebuilt(node, lambda child: _about_row(child, row))


def _only_self(node: Any, row: str) -> Any:
    if isinstance(node, ast.Ref):
        return ast.Ref(node.span, row) if node.name == "self" else node
    return _rebuilt(node, lambda child: _only_self(child, row))


def _rebuilt(node: Any, change: Any) -> Any:
    if isinstance(node, tuple):
        return tuple(change(item) if isinstance(item, (ast.Node, tuple)) else item for item in node)
    if not isinstance(node, ast.Node) or isinstance(node, ast.Name):
        return node
    values = {}
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if isinstance(value, (ast.Node, tuple)):
            values[name] = change(value)
    return replace(node, **values)
