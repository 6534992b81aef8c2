"""What of an environment the compilation of an expression looks up, by name."""

from __future__ import annotations

from awmc.ir import nodes


class World:
    """Indexes over one environment."""

    def __init__(self, environment: nodes.Environment) -> None:
        self.entities = {entity.name: entity for entity in environment.entities}
        self.shapes = {shape.name: shape for shape in environment.shapes}
        self.places = {enum.name: tuple(value.wire for value in enum.values) for enum in environment.enums}
        self.stored = {(e.name, column.name): column for e in environment.entities for column in e.columns}
        self.computed = {(e.name, column.name): column for e in environment.entities for column in e.computed}

    def is_natural(self, entity: str) -> bool:
        return self.entities[entity].natural_key
