"""What the control side is asked, and what it answers: the bodies, as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[int, Field(strict=True)] | Annotated[str, Field(strict=True, max_length=1000)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**63)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Create(_Asked):
    """Asks for an instance."""

    env: Annotated[str, Field(description="The environment's name.")]
    task: Annotated[str | None, Field(description="The task's id; without one it is free play.")] = None
    world_seed: Annotated[
        Seed | None, Field(description="Which world of the environment; the default is what is served first.")
    ] = None
    actor: Annotated[
        Key | None, Field(description="The key or label of another row to act for than the task names.")
    ] = None


class Answer(_Asked):
    """Asks for a verdict."""

    answer: Annotated[str | None, Field(description="The agent's final message.")] = None


class Restore(_Asked):
    """Asks for an earlier state."""

    snapshot: Annotated[str, Field(description="The id that the snapshot was given.")]


class Nothing(_Asked):
    """An empty body, or `{}`."""


class Instance(BaseModel):
    """An instance: an agent's own copy of a world. `url` is for whoever holds it, `mcp_url` for the agent."""

    instance: Annotated[str, Field(description="Its id; who knows it may play in it.")]
    url: str
    mcp_url: str
    env: str
    world_seed: int
    task: str | None
    actor: int | str | None
    instruction: Annotated[str, Field(description="What the agent is asked; empty in free play.")]
    policy: Annotated[
        str, Field(description="What the agent must keep to; MCP's server instructions say it too.")
    ]
    now: Annotated[str, Field(description="The world's instant.")]
    calls: Annotated[int, Field(description="How many calls were made.")]
    ended: Annotated[bool, Field(description="Whether the agent handed over to a person.")]
    snapshots: list[str]


class Snapshot(BaseModel):
    """A snapshot that was taken."""

    snapshot: Annotated[str, Field(description="What `restore` asks for.")]


class Change(BaseModel):
    """A row that differs from the untouched world, in storage form: money in cents, for one."""

    kind: Literal["create", "update", "delete"]
    entity: Annotated[str, Field(description="Empty for a link of a many-to-many relation.")]
    table: str
    key: int | str | list[int | str]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Diff(BaseModel):
    """What differs from the untouched world."""

    changes: list[Change]


class Call(BaseModel):
    """A call that was made."""

    tool: str
    arguments: dict[str, Any]
    ok: bool
    result: Annotated[dict[str, Any], Field(description="What it answered; an `error` where it was refused.")]
    now: str


class Log(BaseModel):
    """The calls since the instance was made, or reset."""

    calls: list[Call]


class Verdict(BaseModel):
    """Whether the task is done."""

    reward: float
    score: Annotated[float, Field(description="0 to 1, for shaping.")]
    passed: bool
    reasons: list[str]
    outcome: Annotated[int, Field(description="The task's outcome that came nearest.")]


class Environment(BaseModel):
    """An environment that is served."""

    env: str
    about: str
    policy: str
    world_seeds: Annotated[list[int], Field(description="Those at hand, the default first.")]
    any_world_seed: Annotated[bool, Field(description="Whether others are compiled when they are asked for.")]
    tools: list[str]
    tasks: int


class Environments(BaseModel):
    """All that is served."""

    environments: list[Environment]


class Task(BaseModel):
    """A task. How it is solved is not told."""

    id: str
    task: Annotated[str, Field(description="The task of the spec that it is of.")]
    instruction: str
    actor: int | str | None
    policy: str
    user: Annotated[str, Field(description="What a simulated user knows and wants.")]


class Tasks(BaseModel):
    """The tasks of a world."""

    world_seed: int
    tasks: list[Task]


class Health(BaseModel):
    """The server answers."""

    status: Literal["ok"]
    version: str
    workers: int
    instances: int


class Problem(BaseModel):
    """What went wrong."""

    code: str
    message: str


class Error(BaseModel):
    """Any answer whose status is 400 or above."""

    error: Problem
