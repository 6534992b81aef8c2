"""What an agent does in an episode that is measured: five reads by id, two lists, three writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awmc.runtime import TaskInfo, World

Calls = Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Episode:
    task: str
    reads: Calls
    lists: Calls
    writes: Calls

    @property
    def calls(self) -> list[tuple[str, Mapping[str, Any]]]:
        return [*self.reads[:2], *self.lists, *self.reads[2:], *self.writes]


EPISODES: Mapping[str, Episode] = {
    "food_delivery": Episode(
        task="pizza_night",
        reads=[
            ("get_restaurant", {"restaurant": 1}),
            ("get_dish", {"dish": 1}),
            ("get_dish", {"dish": 5}),
            ("get_order", {"order": "ORD-00001"}),
            ("get_restaurant", {"restaurant": 3}),
        ],
        lists=[("list_dishes", {"restaurant": 1}), ("list_addresses", {})],
        writes=[
            ("remove_from_cart", {"cart_line": 1}),
            ("add_to_cart", {"dish": 1, "options": [2, 3], "qty": 2}),
            ("add_favourite", {"restaurant": 5}),
        ],
    ),
    "retail_bank": Episode(
        task="wedding_goal",
        reads=[("get_loan", {"loan": f"LN-000{loan}"}) for loan in (1, 2, 1, 2, 1)],
        lists=[("list_payees", {}), ("list_cards", {})],
        writes=[
            ("move_money", {"source": 6, "target": 7, "amount": 25}),
            ("create_payee", {"name": "Ines Roca", "iban": "IE92BOFI90001712345678"}),
            ("add_to_goal", {"goal": 1, "amount": 5}),
        ],
    ),
}


def episode_of(world: World) -> Episode:
    """The episode of a world that is known here; of another, its longest solution."""
    if world.name in EPISODES:
        return EPISODES[world.name]
    task = max(world.tasks, key=_length)
    calls = [(call["tool"], call["arguments"]) for call in task.oracle]
    writing = [call for call in calls if world.definitions[call[0]].writes]
    return Episode(task.id, [], [call for call in calls if call not in writing], writing)


def _length(task: TaskInfo) -> int:
    return len(task.oracle)
