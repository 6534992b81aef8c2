"""The body of a tool: its statements as Python over a `Call`, each SQL statement a constant of its own."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from awmc.backends.python_text import (
    STEP,
    WIDTH,
    Bracket,
    Code,
    called,
    comment,
    keyword,
    literal,
    safe,
    snake,
    text,
    width,
)
from awmc.backends.tool_program import Program, constant_default, local_names
from awmc.backends.tool_values import Values, untyped
from awmc.ir import nodes


class Body(Values):
    """Writes the body of one function.

    `wire`: its result goes over the wire, else it is the stored value. `through`: it leaves the work to the
    function that gives the stored value. `constants` are the lines of the SQL constants that it needs, in
    the order of use.
    """

    def __init__(self, program: Program, tool: nodes.Tool, wire: bool, through: bool = False) -> None:
        super().__init__(program, tool)
        self.wire = wire
        self._statements = _passed_on(tool) if through else tool.body
        self._read = local_names(self._statements)
        # A derived tool has no text of its own to point at.
        self._has_comments = not through and not tool.derived_from
        self._comment = ""
        if not through:
            self._missing_defaults()
        if not wire:
            self._ranges()
            self._scopes()

    def parameters(self) -> list[str]:
        """The parameters of the function; with defaults, and by keyword alone, where tools call it."""
        found = ["call: Call"]
        if not self.wire and self.tool.params:
            found.append("*")
        for param in self.tool.params:
            annotation = self._annotation(param.type)
            default = "" if param.required else "None"
            if param.default is not None:
                constant = constant_default(param.default)
                default = "None" if constant is None else self._simple(constant) or ""
                annotation += " | None" if constant is None else ""
            found.append(
                f"{self._names[param.name]}: {annotation}"
                + (f" = {default}" if default and not self.wire else "")
            )
        return found

    def result(self) -> str:
        """The annotation of what the function gives."""
        if self.tool.result is None:
            return "None"
        if not self.wire:
            return self._annotation(self.tool.result)
        self.imports.add("Json")
        return "Json"

    def write(self) -> list[str]:
        """The function's lines, below its docstring."""
        self._block(self._statements)
        return self._lines

    # ---- Lines

    def _block(self, statements: tuple[nodes.Statement, ...]) -> None:
        for statement in statements:
            self._statement(statement)
            if isinstance(statement, (nodes.Return, nodes.Fail)):
                return  # what follows is never reached

    def _nested(self, statements: tuple[nodes.Statement, ...], known: frozenset[str] = frozenset()) -> None:
        names, before = dict(self._names), set(self._known)
        self._known |= known
        self._depth += 1
        count = len(self._lines)
        self._block(statements)
        if len(self._lines) == count:
            self._line("pass")
        self._depth -= 1
        self._names, self._known = names, before

    def _statement(self, statement: nodes.Statement) -> None:
        if self._has_comments and statement.place.text != self._comment:
            self._comment = statement.place.text
            self._lines.append(comment(statement.place.text, STEP * self._depth))
        match statement:
            case nodes.Let():
                self._let(statement)
            case nodes.LetOrCreate():
                self._let_or_create(statement)
            case nodes.Require():
                self._require(statement)
            case nodes.Create():
                self._create(statement)
            case nodes.Update():
                self._update(statement)
            case nodes.Delete():
                sql = self.program.compiler.delete(statement)
                self._line(
                    self._use("delete", self._about("delete", statement.entity), sql, text(statement.entity))
                )
            case nodes.For():
                self._for(statement)
            case nodes.If():
                self._if(statement, "if")
            case nodes.Fail():
                self._refuse(statement.failure)
            case nodes.Call():
                self._call(statement)
            case nodes.Return():
                self._return(statement)
            case nodes.Fails():
                raise AssertionError("`fails` stands in a `solve` alone")

    # ---- Statements

    def _missing_defaults(self) -> None:
        """Optional parameters whose default is not a constant of the model."""
        for param in self.tool.params:
            if param.default is None or constant_default(param.default) is not None:
                continue
            name = self._names[param.name]
            self._line(f"if {name} is None:")
            self._depth += 1
            self._line(self._code(param.default, f"default_{param.name}"), f"{name} = ")
            self._depth -= 1

    def _ranges(self) -> None:
        """Another tool's arguments have no model that checks them."""
        for param in self.tool.params:
            self._range(text(param.name), self._names[param.name], param.type)

    def _range(self, name: str, value: str, type_: nodes.Type) -> None:
        ends = (literal(type_.low), literal(type_.high))
        if type_.low is not None or type_.high is not None:
            if type_.kind in ("text", "email", "url", "list"):
                self._line(called("call.check_length", name, value, *ends))
            else:
                kind = () if type_.kind == "int" else (text(type_.kind),)
                self._line(called("call.check_range", name, value, *ends, *kind))
        if type_.pattern is not None:
            self._line(called("call.check_match", name, value, text(type_.pattern)))
        if type_.kind == "list" and type_.element is not None and _has_range(type_.element):
            element = self._locals.new("element")
            self._line(f"for {element} in {value}{' or ()' if type_.nullable else ''}:")
            self._depth += 1
            self._range(name, element, type_.element)
            self._depth -= 1
        for part in type_.fields:
            if _has_range(part.type):
                self._range(text(part.name), f"{value}[{text(part.name)}]", part.type)

    def _scopes(self) -> None:
        """Another tool's rows exist, but may stand outside the scopes that are asked for here."""
        for param in self.tool.params:
            self._scope(self._names[param.name], param.type)

    def _scope(self, value: str, type_: nodes.Type) -> None:
        if type_.kind == "row" and type_.scope:
            self._line(called("call.check_row", self.program.row(type_), value))
        if type_.element is not None and _has_scope(type_.element):
            element = self._locals.new("element")
            self._line(f"for {element} in {value}{' or ()' if type_.nullable else ''}:")
            self._depth += 1
            self._scope(element, type_.element)
            self._depth -= 1
        for part in type_.fields:
            if _has_scope(part.type):
                self._scope(f"{value}[{text(part.name)}]", part.type)

    def _let(self, let: nodes.Let) -> None:
        if let.name not in self._read and let.otherwise is None:
            return
        code = self._code(let.value, let.name)
        if let.otherwise is None:
            name = self._declare(let.name, let.value.type)
            self._line(code, f"{name}: {self._annotation(let.value.type)} = ")
            return
        if let.name not in self._read:
            self._line(code, "if ", " is None:")
        else:
            type_ = structs.replace(let.value.type, nullable=True)
            name = self._declare(let.name, type_)
            self._line(code, f"{name}: {self._annotation(type_)} = ")
            self._line(f"if {name} is None:")
        self._depth += 1
        self._refuse(let.otherwise)
        self._depth -= 1
        self._known.add(let.name)

    def _let_or_create(self, let: nodes.LetOrCreate) -> None:
        code = self._code(let.value, let.name)
        type_ = structs.replace(let.value.type, nullable=True)
        name = self._declare(let.name, type_)
        self._line(code, f"{name}: {self._annotation(type_)} = ")
        self._line(f"if {name} is None:")
        self._depth += 1
        self._insert(structs.replace(let.create, name=let.name), name)
        self._depth -= 1
        self._known.add(let.name)

    def _require(self, require: nodes.Require) -> None:
        test, code = require.test, require.otherwise.code
        simple = self._simple(_negated(test))
        if simple is not None and width(STEP * self._depth + simple) + 4 < WIDTH:
            self._line(f"if {simple}:")
        else:
            self._line(self._use("test", code, self.program.compiler.value(test)), "if not ", ":")
        self._depth += 1
        self._refuse(require.otherwise)
        self._depth -= 1
        self._known |= _not_null_where(test)

    def _refuse(self, failure: nodes.Failure) -> None:
        self._line(called("call.refuse", text(failure.code), self._message(failure)))

    def _create(self, create: nodes.Create) -> None:
        bound = create.name and create.name in self._read
        if not bound and not create.links and not create.children:
            self._line(self._insertion(create))
            return
        type_ = nodes.Type(kind="row", name=create.entity)
        # Links and children refer to the new row, whether or not the spec names it.
        given = create.name or self._locals.new(f"new_{snake(create.entity)}")
        name = self._declare(given, type_)
        self._insert(structs.replace(create, name=given), f"{name}: {self._annotation(type_)}")

    def _insertion(self, create: nodes.Create) -> Bracket:
        return self._use("insert", self._about("create", create.entity), self.program.compiler.insert(create))

    def _insert(self, create: nodes.Create, target: str) -> None:
        """Inserts the row, assigns its key, and then inserts its links and children."""
        self._line(self._insertion(create), f"{target} = ")
        row = nodes.Local(type=nodes.Type(kind="row", name=create.entity), name=create.name)
        for link in create.links:
            sql = self.program.compiler.link(link, row)
            self._line(self._use("execute", f"link_{link.link}", sql))
        for children in create.children:
            self._children(children, row)

    def _children(self, children: nodes.Children, parent: nodes.Local) -> None:
        entity = self.program.entities[children.entity]
        for child in children.rows:
            self._line(self._insertion(_child(entity, children.via, child.values, parent, self.tool.place)))
        if children.each is None:
            return
        names = dict(self._names)
        over = self._code(children.each, f"each_{snake(children.entity)}")
        assert children.each.type.element is not None
        if isinstance(children.each, nodes.Local):
            self._assert_known(children.each)
        name = self._declare(children.element, children.each.type.element)
        self._line(over, f"for {name} in ", ":")
        self._depth += 1
        self._line(self._insertion(_child(entity, children.via, children.values, parent, self.tool.place)))
        self._depth -= 1
        self._names = names

    def _update(self, update: nodes.Update) -> None:
        compiler = self.program.compiler
        links = update.links
        if links and update.assigns:
            update, links = self._fixed(update)
        for column, sql in zip(update.moves, compiler.moves(update), strict=True):
            first = (text(update.entity), text(column))
            self._line(self._use("check_moves", self._about("moves", update.entity), sql, *first))
        assignment = compiler.update(update)
        if assignment is not None:
            self._line(self._use("update", self._about("update", update.entity), assignment))
        for link in links:
            self._link(update, link)

    def _fixed(self, update: nodes.Update) -> tuple[nodes.Update, tuple[nodes.LinkChange, ...]]:
        """The update with its rows, and those to link, read into locals: before any of them changes."""
        rows = nodes.Type(kind="list", element=nodes.Type(kind="row", name=update.entity))
        fixed = structs.replace(update, rows=self._kept("rows", update.rows, rows))
        links = []
        for link in update.links:
            linked = link.rows.type.element or link.rows.type
            type_ = nodes.Type(kind="list", element=structs.replace(linked, nullable=False))
            links.append(structs.replace(link, rows=self._kept(link.link, link.rows, type_)))
        return fixed, tuple(links)

    def _kept(self, wanted: str, rows: nodes.Expr, type_: nodes.Type) -> nodes.Expr:
        """Rows in a local of their own; a local stays what it is."""
        if isinstance(rows, (nodes.Local, nodes.Me)):
            return rows
        code = self._use("rows", wanted, self.program.compiler.rows(rows))
        name = self._locals.new(safe(wanted))
        self._names[name] = name
        self._line(code, f"{name}: {self._annotation(type_)} = ")
        return nodes.Local(type=type_, name=name)

    def _link(self, update: nodes.Update, link: nodes.LinkChange) -> None:
        compiler = self.program.compiler
        given = [name for name in link.given if name in self._nullable and name not in self._known]
        if given:
            self._line(" and ".join(f"{self._names[name]} is not None" for name in given), "if ", ":")
            self._depth += 1
        of = update.rows
        sql = compiler.link(link, of, update.alias) if link.add else compiler.unlink(link, of)
        self._line(self._use("execute", f"{'link' if link.add else 'unlink'}_{link.link}", sql))
        self._depth -= 1 if given else 0

    def _for(self, loop: nodes.For) -> None:
        over = self._code(loop.over, f"each_{loop.name}")
        if isinstance(loop.over, nodes.Local):
            self._assert_known(loop.over)
        names = dict(self._names)
        name = self._declare(loop.name, loop.type) if loop.name in self._read else "_"
        self._line(over, f"for {name} in ", ":")
        self._nested(loop.body)
        self._names = names

    def _if(self, branch: nodes.If, word: str) -> None:
        self._line(self._condition(branch.test, "if", f"{word} :"), f"{word} ", ":")
        self._nested(branch.then, _not_null_where(branch.test))
        if len(branch.otherwise) == 1 and isinstance(branch.otherwise[0], nodes.If):
            self._if(branch.otherwise[0], "elif")
        elif branch.otherwise:
            self._line("else:")
            self._nested(branch.otherwise)

    def _call(self, call: nodes.Call) -> None:
        tool = self.program.tools[call.tool]
        names = self.program.parameters(tool)
        args: list[Code] = []
        for arg in call.args:
            if isinstance(arg.value, nodes.Local) and not arg.value.type.nullable:
                self._assert_known(arg.value)
            args.append(keyword(names[arg.name], self._code(arg.value, f"{call.tool}_{arg.name}")))
        code = called(self.program.function(tool), "call", *args)
        if call.name and call.name in self._read and tool.result is not None:
            self._line(code, f"{self._declare(call.name, tool.result)} = ")
        else:
            self._line(code)

    def _return_stored(self, code: Code, result: nodes.Type) -> None:
        if not untyped(code):
            self._line(code, "return ")
            return
        name = self._locals.new("value")
        self._line(code, f"{name}: {self._annotation(result)} = ")
        self._line(f"return {name}")

    def _return(self, statement: nodes.Return) -> None:
        result = self.tool.result
        if result is None:
            if self._depth > 1:
                self._line("return")
            return
        if not self.wire:
            if isinstance(statement.value, nodes.Local) and not result.nullable:
                self._assert_known(statement.value)
            self._return_stored(self._code(statement.value, "value"), result)
            return
        sql = self.program.compiler.wire(statement.value, result, self.tool.result_shape, self.tool.paged)
        self._line(self._use("json", "result", sql), "return ")


def _negated(test: nodes.Expr) -> nodes.Expr:
    """The opposite of a condition that is never null."""
    if isinstance(test, nodes.Apply) and test.fn == "not":
        return test.args[0]
    if isinstance(test, nodes.Apply) and test.fn in _OPPOSITE:
        return structs.replace(test, fn=_OPPOSITE[test.fn])
    return nodes.Apply(type=test.type, fn="not", args=(test,))


def _passed_on(tool: nodes.Tool) -> tuple[nodes.Statement, ...]:
    """Calls the function of the stored value, and returns what it gives."""
    args = tuple(
        nodes.Key(name=param.name, value=nodes.Local(type=param.type, name=param.name))
        for param in tool.params
    )
    if tool.result is None:
        return (nodes.Call(place=tool.place, tool=tool.name, args=args),)
    result = nodes.Local(type=tool.result, name="result")
    return (
        nodes.Call(place=tool.place, name="result", tool=tool.name, args=args),
        nodes.Return(place=tool.place, value=result),
    )


_OPPOSITE: dict[str, Any] = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}


def _has_range(type_: nodes.Type) -> bool:
    ranged = (type_.low, type_.high, type_.pattern) != (None, None, None)
    inner = [part.type for part in type_.fields] + ([type_.element] if type_.element else [])
    return ranged or any(_has_range(part) for part in inner)


def _has_scope(type_: nodes.Type) -> bool:
    inner = [part.type for part in type_.fields] + ([type_.element] if type_.element else [])
    return bool(type_.scope) or any(_has_scope(part) for part in inner)


def _not_null_where(test: nodes.Expr) -> frozenset[str]:
    """The locals that are not null where a condition, as Python, holds: `x is not null`."""
    if isinstance(test, nodes.Apply) and test.fn == "not":
        inner = test.args[0]
        if (
            isinstance(inner, nodes.Apply)
            and inner.fn == "is_null"
            and isinstance(inner.args[0], nodes.Local)
        ):
            return frozenset({inner.args[0].name})
    return frozenset()


def _child(
    entity: nodes.Entity,
    via: str,
    values: tuple[nodes.ColumnValue, ...],
    parent: nodes.Local,
    place: nodes.Place,
) -> nodes.Create:
    """The child's row, its columns in the table's order."""
    given = {value.column: value for value in values} | {via: nodes.ColumnValue(column=via, value=parent)}
    ordered = tuple(given[column.name] for column in entity.columns if column.name in given)
    return nodes.Create(place=place, entity=entity.name, values=ordered)
