"""A tool of the AST as text: what `awmc expand` prints for derived tools.

A full line breaks at its widest joint: a parameter a line, a clause of a query a line, a term of `where` a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from awmc.syntax import ast
from awmc.syntax.texts import escape

WIDTH = 110
_STEP = "  "

# How tightly what stands there binds; the operand of a looser operator needs no parentheses.
_QUERY, _CONDITION, _OR, _AND, _NOT, _COMPARISON, _COALESCE, _SUM, _PRODUCT, _UNARY, _POSTFIX = range(-1, 10)
_BINARY = {
    "or": _OR, "and": _AND, "??": _COALESCE, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT,
}  # fmt: skip


def tool_text(tool: ast.Tool) -> str:
    """The tool or action, without a line end."""
    return "\n".join(_tool(tool))


def _tool(tool: ast.Tool) -> Iterator[str]:
    head = f"{'action' if tool.hidden else 'tool'} {tool.name.text}("
    params = [_param(param) for param in tool.params]
    about = f" {escape(tool.about.value)}" if tool.about else ""
    result = f" -> {_result(tool.result)}" if tool.result else ""
    line = f"{head}{', '.join(params)})"
    if len(line) + len(about) + len(result) + 2 <= WIDTH:
        yield f"{line}{about}{result} {{"
    elif len(line) <= WIDTH:
        yield line
        yield f"{_STEP}{f'{about}{result}'.lstrip()} {{"
    else:
        yield head
        yield from (f"{_STEP}{param}," for param in params)
        yield f"){about}{result} {{"
    yield from _block(tool.body, _STEP)
    yield "}"


def _param(param: ast.Param) -> str:
    default = f" = {_expr(param.default)}" if param.default is not None else ""
    attributes = "".join(
        f" @{attribute.name.text}{_attribute_args(attribute)}" for attribute in param.attributes
    )
    doc = f" {escape(param.doc.value)}" if param.doc else ""
    return f"{param.name.text}: {_type(param.type)}{default}{attributes}{doc}"


def _attribute_args(attribute: ast.Attribute) -> str:
    return f"({_args(attribute.args)})" if attribute.args else ""


# ---- Types ---------------------------------------------------------------------------------------------------------


def _type(type_: ast.TypeExpr) -> str:
    match type_:
        case ast.BaseType(name=name, optional=optional, range=range_):
            return f"{name.text}{_mark(optional)}{_range(range_)}"
        case ast.RowType(scope=scope, name=name, optional=optional):
            return f"{f'{scope.text} ' if scope else ''}{name.text}{_mark(optional)}"
        case ast.ColumnType(entity=entity, field=field, optional=optional):
            return f"{entity.text}.{field.text}{_mark(optional)}"
        case ast.EnumType(values=values, optional=optional):
            return f"enum({', '.join(map(_enum_value, values))}){_mark(optional)}"
        case ast.RecordType(fields=fields):
            return f"{{{', '.join(map(_param, fields))}}}"
        case ast.ListType(element=element, optional=optional, range=range_):
            return f"[{_type(element)}]{_mark(optional)}{_range(range_)}"


def _mark(optional: bool) -> str:
    return "?" if optional else ""


def _range(range_: ast.Range | None) -> str:
    if range_ is None:
        return ""
    low, high = (_expr(end) if end is not None else "" for end in (range_.low, range_.high))
    return f" {low}..{high}"


def _enum_value(value: ast.EnumValue) -> str:
    wire = f" = {escape(value.wire.value)}" if value.wire else ""
    return f"{value.name.text}{wire}{f' {escape(value.doc.value)}' if value.doc else ''}"


def _result(result: ast.ResultType) -> str:
    one = _type(result.element) + (_shape(result.shape) if result.shape is not None else "")
    return f"[{one}]" if result.many else one


def _shape(members: Sequence[ast.ShapeMember]) -> str:
    return f"({', '.join(map(_member, members))})"


def _member(member: ast.ShapeMember) -> str:
    if member.name is not None and member.value is not None:
        return f"{member.name.text}: {_expr(member.value)}"
    return _path(member.path) + (_shape(member.nested) if member.nested is not None else "")


def _path(path: Iterable[ast.Name]) -> str:
    return ".".join(name.text for name in path)


# ---- Statements ----------------------------------------------------------------------------------------------------


def _block(block: ast.Block, indent: str) -> Iterator[str]:
    for statement in block.statements:
        yield from _statement(statement, indent)


def _statement(statement: ast.Statement, indent: str) -> Iterator[str]:
    match statement:
        case ast.Let(name=name, value=value, otherwise=otherwise):
            yield from _with_query(f"{indent}let {name.text} = ", value, _otherwise(otherwise), indent)
        case ast.Require(test=test, otherwise=otherwise):
            yield f"{indent}require {_expr(test, _OR)}{_otherwise(otherwise)}"
        case ast.Create():
            yield f"{indent}{_expr(statement)}"
        case ast.Update(rows=rows, assigns=assigns):
            changes = ", ".join(
                f"{_path(change.path)} {change.op} {_expr(change.value)}" for change in assigns
            )
            yield from _with_query(f"{indent}update ", rows, f" set {changes}", indent)
        case ast.Delete(rows=rows):
            yield from _with_query(f"{indent}delete ", rows, "", indent)
        case ast.For(name=name, over=over, body=body):
            yield from _with_query(f"{indent}for {name.text} in ", over, " {", indent)
            yield from _block(body, indent + _STEP)
            yield f"{indent}}}"
        case ast.If():
            yield from _if(statement, indent, f"{indent}if ")
        case ast.Fail(code=code, message=message):
            yield f"{indent}fail {code.text} {_message(message)}"
        case ast.Return(value=value):
            yield from _with_query(f"{indent}return ", value, "", indent)
        case ast.CallStatement(call=call):
            yield f"{indent}{_expr(call)}"
        case ast.Fails(call=call, code=code):
            yield f"{indent}fails {_expr(call)} with {code.text}"


def _if(statement: ast.If, indent: str, head: str) -> Iterator[str]:
    yield f"{head}{_expr(statement.test)} {{"
    yield from _block(statement.then, indent + _STEP)
    match statement.otherwise:
        case None:
            yield f"{indent}}}"
        case ast.Block(statements=(ast.If() as other,)):
            yield from _if(other, indent, f"{indent}}} else if ")
        case block:
            yield f"{indent}}} else {{"
            yield from _block(block, indent + _STEP)
            yield f"{indent}}}"


def _otherwise(otherwise: ast.Otherwise | ast.Create | None) -> str:
    match otherwise:
        case None:
            return ""
        case ast.Create():
            return f" else {_expr(otherwise)}"
        case ast.Otherwise(code=code, message=message):
            return f" else {code.text} {_message(message)}"


def _message(message: ast.Text | ast.Interpolation) -> str:
    return escape(_braces(message.value)) if isinstance(message, ast.Text) else _expr(message)


def _with_query(head: str, value: ast.Expr, tail: str, indent: str) -> Iterator[str]:
    """A statement around a query: on one line, or a clause a line."""
    # An `else` that follows would belong to an `if` at the end.
    least = _OR if tail.startswith(" else") and isinstance(value, ast.Condition) else _QUERY
    line = f"{head}{_expr(value, least)}{tail}"
    if len(line) <= WIDTH or not isinstance(value, ast.Query):
        yield line
        return
    first, *clauses = _clauses(value)
    inner = indent + _STEP
    lines = [f"{head}{first}"]
    for clause in clauses:
        parts = [clause] if len(inner) + len(clause) <= WIDTH else list(_broken(value, clause))
        lines += [f"{inner}{part}" for part in parts]
    lines[-1] += tail
    yield from lines


def _broken(query: ast.Query, clause: str) -> Iterator[str]:
    """A long `where` or `order by`, a term or a key a line."""
    if clause.startswith("where ") and query.where is not None:
        first, *others = _terms(query.where)
        yield f"where {first}"
        yield from (f"{_STEP}and {term}" for term in others)
    elif clause.startswith("order by "):
        first, *others = map(_key, query.order)
        yield f"order by {first}"
        yield from (f"{_STEP}then {key}" for key in others)
    else:
        yield clause


def _terms(test: ast.Expr) -> list[str]:
    if isinstance(test, ast.Binary) and test.op == "and":
        return [*_terms(test.left), _expr(test.right, _NOT)]
    return [_expr(test, _NOT)]


# ---- Expressions ---------------------------------------------------------------------------------------------------


def _clauses(query: ast.Query) -> list[str]:
    alias = f" as {query.alias.text}" if query.alias else ""
    found = [_expr(query.source) + alias]
    found += [f"join {_expr(join.of)} as {join.alias.text}" for join in query.joins]
    found += [f"where {_expr(query.where)}"] if query.where is not None else []
    found += [f"order by {' then '.join(map(_key, query.order))}"] if query.order else []
    if query.limit is not None:
        offset = f" offset {_expr(query.offset)}" if query.offset is not None else ""
        found.append(f"limit {_expr(query.limit)}{offset}")
    return found


def _key(key: ast.OrderKey) -> str:
    # Not `if … then … else … then .next`, though it parses.
    return f"{_expr(key.key, _OR)}{' desc' if key.descending else ''}"


def _expr(expr: ast.Expr, least: int = _CONDITION) -> str:
    """The expression, in parentheses where it binds more loosely than `least`."""
    text, level = _written(expr)
    return f"({text})" if level < least else text


def _written(expr: ast.Expr) -> tuple[str, int]:
    match expr:
        case ast.Literal():
            return _literal(expr)
        case ast.Interpolation(parts=parts):
            pieces = (_braces(part) if isinstance(part, str) else f"{{{_expr(part)}}}" for part in parts)
            return escape("".join(pieces)), _POSTFIX
        case ast.Ref(name=name) | ast.EntityRef(name=name):
            return name, _POSTFIX
        case ast.Scoped(scope=scope, entity=entity):
            return f"{scope.text} {entity.text}", _POSTFIX
        case ast.Column(field=field):
            return f".{field.text}", _POSTFIX
        case ast.Attr(of=of, field=field):
            return f"{_expr(of, _POSTFIX)}.{field.text}", _POSTFIX
        case ast.IfGiven(of=of):
            return f"{_expr(of, _POSTFIX)}?", _POSTFIX
        case ast.Index(of=of, index=index):
            return f"{_expr(of, _POSTFIX)}[{_expr(index)}]", _POSTFIX
        case ast.Call(name=name, args=args) | ast.Apply(name=name, args=args):
            return f"{name.text}({_args(args)})", _POSTFIX
        case ast.ListOf(items=items):
            return f"[{', '.join(map(_expr, items))}]", _POSTFIX
        case ast.RecordOf(entries=entries):
            return f"{{ {', '.join(map(_entry, entries))} }}" if entries else "{}", _POSTFIX
        case ast.Create(entity=entity, values=values):
            return f"create {entity.text} {_expr(values)}", _POSTFIX
        case ast.Unary(op="not", of=of):
            return f"not {_expr(of, _NOT)}", _NOT
        case ast.Unary(of=of):
            return f"-{_expr(of, _UNARY)}", _UNARY
        case ast.Condition(test=test, then=then, otherwise=otherwise):
            return f"if {_expr(test)} then {_expr(then)} else {_expr(otherwise)}", _CONDITION
        case ast.Query():
            return " ".join(_clauses(expr)), _QUERY
    return _compared(expr)


def _compared(expr: ast.Binary | ast.Within | ast.IsNull) -> tuple[str, int]:
    match expr:
        case ast.Binary(op=op, left=left, right=right) if op in _BINARY:
            level = _BINARY[op]
            return f"{_expr(left, level)} {op} {_expr(right, level + 1)}", level
        case ast.Binary(op=op, left=left, right=right):
            return f"{_expr(left, _COALESCE)} {op} {_expr(right, _COALESCE)}", _COMPARISON
        case ast.Within(value=value, low=low, high=high, negated=negated):
            end = f" .. {_expr(high, _COALESCE)}" if high is not None else ""
            word = "not in" if negated else "in"
            return f"{_expr(value, _COALESCE)} {word} {_expr(low, _COALESCE)}{end}", _COMPARISON
        case ast.IsNull(of=of, negated=negated):
            return f"{_expr(of, _COALESCE)} is {'not ' if negated else ''}null", _COMPARISON


def _literal(literal: ast.Literal) -> tuple[str, int]:
    value = literal.value
    match literal.kind:
        case "text":
            return escape(_braces(str(value))), _POSTFIX
        case "null":
            return "null", _POSTFIX
        case "bool":
            return "true" if value else "false", _POSTFIX
        case "int" | "decimal" | "time":
            return str(value), _UNARY
    return str(value), _POSTFIX


def _args(args: Iterable[ast.Arg]) -> str:
    return ", ".join(f"{f'{arg.name.text}: ' if arg.name else ''}{_expr(arg.value, _QUERY)}" for arg in args)


def _entry(entry: ast.Entry) -> str:
    return entry.name.text if entry.value is None else f"{entry.name.text}: {_expr(entry.value)}"


def _braces(text: str) -> str:
    """Braces that stand for themselves in a text that is an expression."""
    return text.replace("{", "{{").replace("}", "}}")
