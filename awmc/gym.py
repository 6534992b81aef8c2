"""A world as an environment of Gymnasium (https://gymnasium.farama.org), with the extra `gym`.

>>> import gymnasium
>>> env = gymnasium.make("awmc.gym:awmc/World-v0", world="build/clinic")
>>> observation, info = env.reset(seed=7)

An action is a turn of the agent: a call of a tool, `{"tool": …, "arguments": {…}}`, or the final message,
`{"answer": …}`, as a JSON text or as a dict; a text that is no JSON object is a final message too. An observation is a
text: the instruction, then what each call answers. Rewards are 0 until the end, which is the task's verdict.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import gymnasium
from gymnasium.spaces import Space

from awmc.runtime import Session, UnknownTask, UnknownTool, Verdict, World, load
from awmc.runtime.log import Result

ID = "awmc/World-v0"

Action = str | Mapping[str, Any]

_FORM = 'An action is {"tool": …, "arguments": {…}} or {"answer": …}.'


class Words(Space[str]):
    """Any text."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(dtype=None, seed=seed)

    @property
    def is_np_flattenable(self) -> bool:
        return False

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """Some letters."""
        letters = self.np_random.integers(ord("a"), ord("z") + 1, size=self.np_random.integers(1, 20))
        return "".join(map(chr, letters))

    def contains(self, x: Any) -> bool:
        return isinstance(x, str)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Turns(Words):
    """What an agent may do. A sample calls one of `tools`, without arguments."""

    def __init__(self, tools: Sequence[str], seed: int | None = None) -> None:
        super().__init__(seed)
        self.tools = tuple(tools)

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        tool = self.tools[int(self.np_random.integers(len(self.tools)))]
        return json.dumps({"tool": tool, "arguments": {}})

    def contains(self, x: Any) -> bool:
        return isinstance(x, (str, Mapping))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Turns) and other.tools == self.tools


class WorldEnv(gymnasium.Env[str, Action]):
    """The tasks of a world, one an episode.

    `world`: a World, or the folder of a build. `task`: the id of the one task to set, or of several; else all are.
    `max_calls`: after so many an episode is truncated, and judged as it stands. `reward`: the verdict's `reward`, 0 or
    1, or its `score`, 0 to 1.

    `reset(seed=…)` draws the task, the same for the same seed; `options={"task": id}` names it. Its info holds `task`,
    `policy` and `tools` (as MCP describes them); that of the last step holds the `verdict`.
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012 - as the base class has it

    def __init__(
        self,
        world: World | str | Path,
        *,
        task: str | Sequence[str] | None = None,
        max_calls: int = 50,
        reward: Literal["reward", "score"] = "reward",
        render_mode: str | None = None,
    ) -> None:
        self.world = world if isinstance(world, World) else load(world)
        known = [found.id for found in self.world.tasks]
        self.tasks = tuple([task] if isinstance(task, str) else task if task is not None else known)
        for asked in self.tasks:
            if asked not in known:
                raise UnknownTask(asked, known)
        if not self.tasks:
            raise ValueError(f"{self.world.name} has no task to set")
        if max_calls < 1:
            raise ValueError(f"an episode has one call or more, not {max_calls}")
        if reward not in ("reward", "score"):
            raise ValueError(f"a reward is the verdict's reward or score, not {reward}")
        self.max_calls = max_calls
        self.reward = reward
        self.render_mode = render_mode
        self.observation_space = Words()
        self.action_space = Turns([tool.name for tool in self.world.tools])
        self._pool = self.world.pool(1)
        self._session: Session | None = None
        self._steps = 0
        self._shown = ""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Sets a task in the untouched world, and observes its instruction. Raises `UnknownTask`."""
        super().reset(seed=seed)
        drawn = self.tasks[int(self.np_random.integers(len(self.tasks)))]
        task = (options or {}).get("task", drawn)
        if self._session is not None:
            self._session.close()
            self._session = None
        self._session = self._pool.session(task)
        self._steps = 0
        self._shown = self._session.instruction
        info = {"task": task, "policy": self._session.policy, "tools": self._tools()}
        return self._session.instruction, info

    def step(self, action: Action) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """One turn: observation, reward, terminated, truncated, info."""
        if self._session is None:
            raise RuntimeError("reset comes first, and after each end")
        turn = _read(action)
        self._steps += 1
        if isinstance(turn, str):
            self._shown = turn
            return self._end(turn, "", truncated=False)
        observation = self._answer(turn).text
        self._shown = f"{json.dumps(turn, ensure_ascii=False)}\n{observation}"
        if self._steps >= self.max_calls:
            return self._end(None, observation, truncated=True)
        return observation, 0.0, False, False, {}

    def _answer(self, turn: Mapping[str, Any]) -> Result:
        assert self._session is not None
        tool, arguments = turn.get("tool"), turn.get("arguments")
        if not isinstance(tool, str) or not isinstance(arguments, (Mapping, type(None))):
            return Result.refused("invalid_action", _FORM)
        try:
            return self._session.call(tool, arguments)
        except UnknownTool as error:
            return Result.refused("unknown_tool", str(error))

    def _end(
        self, answer: str | None, observation: str, *, truncated: bool
    ) -> tuple[str, float, bool, bool, dict[str, Any]]:
        assert self._session is not None
        verdict = self._session.verify(answer)
        self._session.close()
        self._session = None
        return observation, self._worth(verdict), not truncated, truncated, {"verdict": _told(verdict)}

    def _worth(self, verdict: Verdict) -> float:
        return verdict.score if self.reward == "score" else verdict.reward

    def _tools(self) -> list[dict[str, Any]]:
        return [
            {
                "name": tool.name,
                "description": tool.description,
                "inputSchema": tool.input_schema,
                "outputSchema": tool.output_schema,
                "annotations": tool.annotations,
            }
            for tool in self.world.tools
        ]

    def render(self) -> str | None:
        """The last turn, and what it was answered, as text."""
        return self._shown if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Frees the databases."""
        if self._session is not None:
            self._session.close()
            self._session = None
        self._pool.close()


def _read(action: Action) -> str | Mapping[str, Any]:
    """The final message, or a call."""
    turn: Any = action
    if isinstance(action, str):
        try:
            turn = json.loads(action)
        except (ValueError, RecursionError):
            return action
        if not isinstance(turn, dict):
            return action
    answer = turn.get("answer")
    return answer if isinstance(answer, str) and turn.keys() == {"answer"} else turn


def _told(verdict: Verdict) -> dict[str, Any]:
    return {
        "reward": verdict.reward,
        "score": verdict.score,
        "passed": verdict.passed,
        "reasons": list(verdict.reasons),
    }


gymnasium.register(id=ID, entry_point="awmc.gym:WorldEnv")
