"""The control side: for whoever trains or judges, never a tool. `OPERATIONS` are all that it can do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from awmc import __version__
from awmc.runtime import Change, Entry
from awmc.serve import schemas
from awmc.serve.catalogue import Catalogue, Environment, Served
from awmc.serve.errors import ServeError
from awmc.serve.instance import Instance
from awmc.serve.instances import Instances
from awmc.serve.settings import Settings, hostname

Asked = TypeVar("Asked", bound=BaseModel)


class Control:
    """What the operations work with. `port`: the one that this process is reached at, where it has one of its own."""

    def __init__(
        self, catalogue: Catalogue, instances: Instances, settings: Settings, port: int | None
    ) -> None:
        self.catalogue = catalogue
        self.instances = instances
        self.settings = settings
        self.port = port

    # ---- What is served

    async def health(self, request: Request) -> schemas.Health:
        return schemas.Health(status="ok", version=__version__, workers=1, instances=len(self.instances))

    async def environments(self, request: Request) -> schemas.Environments:
        return schemas.Environments(environments=[_environment(found) for found in self.catalogue])

    async def tasks(self, request: Request) -> schemas.Tasks:
        given = request.query_params.get("world_seed")
        if given is not None and not (given.isdecimal() and int(given) < 2**63):
            raise ServeError("invalid_request", "world_seed must be a whole number, 0 or above.")
        environment = self.catalogue.environment(request.path_params["env"])
        served = await environment.served(None if given is None else int(given))
        return schemas.Tasks(world_seed=served.world_seed, tasks=_tasks(served))

    # ---- Instances

    async def create(self, request: Request) -> schemas.Instance:
        asked = await _asked(request, schemas.Create)
        instance = await self.instances.create(asked.env, asked.task, asked.world_seed, asked.actor)
        return self._described(request, instance)

    async def describe(self, request: Request) -> schemas.Instance:
        return self._described(request, await self._instance(request))

    async def delete(self, request: Request) -> None:
        try:
            instance = await self._instance(request)
        except ServeError as error:
            if error.code == "not_restored" and self.instances.discard(request.path_params["instance"]):
                return
            raise
        await self.instances.delete(instance)

    async def fork(self, request: Request) -> schemas.Instance:
        await _asked(request, schemas.Nothing)
        return self._described(request, await self.instances.fork(await self._instance(request)))

    async def reset(self, request: Request) -> schemas.Instance:
        await _asked(request, schemas.Nothing)
        instance = await self._instance(request)
        await self.instances.turn(instance, instance.reset)
        return self._described(request, instance)

    async def snapshot(self, request: Request) -> schemas.Snapshot:
        await _asked(request, schemas.Nothing)
        instance = await self._instance(request)
        most = self.settings.max_snapshots
        return schemas.Snapshot(snapshot=await self.instances.turn(instance, lambda: instance.snapshot(most)))

    async def restore(self, request: Request) -> schemas.Instance:
        asked = await _asked(request, schemas.Restore)
        instance = await self._instance(request)
        await self.instances.turn(instance, lambda: instance.restore(asked.snapshot))
        return self._described(request, instance)

    async def drop(self, request: Request) -> None:
        instance = await self._instance(request)
        name = request.path_params["snapshot"]
        await self.instances.turn(instance, lambda: instance.drop(name))

    async def diff(self, request: Request) -> schemas.Diff:
        instance = await self._instance(request)
        changes = await self.instances.turn(instance, instance.session.diff)
        return schemas.Diff(changes=[_change(change) for change in changes])

    async def log(self, request: Request) -> schemas.Log:
        instance = await self._instance(request)
        entries = await self.instances.turn(instance, lambda: instance.session.log)
        return schemas.Log(calls=[_call(entry) for entry in entries])

    async def verdict(self, request: Request) -> schemas.Verdict:
        asked = await _asked(request, schemas.Answer)
        instance = await self._instance(request)
        if instance.session.task is None:
            raise ServeError(
                "no_task", "The instance has no task to be judged by: it was made for free play."
            )
        found = await self.instances.turn(instance, lambda: instance.session.verify(asked.answer))
        return schemas.Verdict(
            reward=found.reward,
            score=found.score,
            passed=found.passed,
            reasons=list(found.reasons),
            outcome=found.outcome,
        )

    # ----

    async def _instance(self, request: Request) -> Instance:
        return await self.instances.find(request.path_params["instance"])

    def _described(self, request: Request, instance: Instance) -> schemas.Instance:
        session = instance.session
        url = f"{base_url(request, self.settings, self.port)}/env/{instance.id}"
        return schemas.Instance(
            instance=instance.id,
            url=url,
            mcp_url=f"{url}/mcp",
            env=session.world.name,
            world_seed=instance.served.world_seed,
            task=session.task.id if session.task else None,
            actor=session.me,
            instruction=session.instruction,
            policy=session.policy,
            now=session.now,
            calls=len(session.log),
            ended=session.ended,
            snapshots=list(instance.snapshots),
        )


def base_url(request: Request, settings: Settings, port: int | None) -> str:
    """How the client reaches a process: under the name that it has used, at the process's own port if it has one."""
    if settings.public_url is not None:
        return settings.public_url.replace("{port}", str(port or settings.port)).rstrip("/")
    host = request.headers.get("host", "")
    if port is None:
        return f"http://{host}"
    name = hostname(host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


async def _asked(request: Request, model: type[Asked]) -> Asked:
    """The body, as a model. Refuses (`invalid_request`), saying where and why."""
    body = await request.body()
    try:
        return model.model_validate_json(body if body.strip() else b"{}")
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        said = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" if problem["loc"] else problem["msg"]
            for problem in problems[:5]
        )
        raise ServeError("invalid_request", said) from None


def _environment(found: Environment) -> schemas.Environment:
    world = found.default.world
    return schemas.Environment(
        env=world.name,
        about=world.about,
        policy=world.policy,
        world_seeds=list(found.worlds),
        any_world_seed=found.spec is not None,
        tools=[tool.name for tool in world.tools],
        tasks=len(world.tasks),
    )


def _tasks(served: Served) -> list[schemas.Task]:
    world = served.world
    return [
        schemas.Task(
            id=task.id,
            task=task.task,
            instruction=task.instruction,
            actor=task.actor if task.actor is not None else world.actor,
            policy=task.policy or world.policy,
            user=task.user,
        )
        for task in world.tasks
    ]


def _change(change: Change) -> schemas.Change:
    return schemas.Change(
        kind=change.kind,
        entity=change.entity,
        table=change.table,
        key=list(change.key) if isinstance(change.key, tuple) else change.key,
        before=None if change.before is None else dict(change.before),
        after=None if change.after is None else dict(change.after),
    )


def _call(entry: Entry) -> schemas.Call:
    return schemas.Call(
        tool=entry.tool,
        arguments=dict(entry.arguments),
        ok=entry.result.ok,
        result=entry.result.value,
        now=entry.now,
    )


Handler = Callable[[Control, Request], Awaitable[BaseModel | None]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the control side does: what the routes and the OpenAPI document are made of. `errors`: the codes
    that are its own; `query`: parameters that may follow the path, with what they say.
    """

    method: str
    path: str
    name: str
    about: str
    handler: Handler
    answer: type[BaseModel] | None
    body: type[BaseModel] | None = None
    status: int = 200
    errors: tuple[str, ...] = ()
    query: Mapping[str, tuple[Mapping[str, Any], str]] | None = None
    needs_token: bool = True


_FOUND: Final = ("unknown_instance", "not_restored")
_SEED: Final = {"type": "integer", "minimum": 0}

OPERATIONS: Final = (
    Operation("GET", "/healthz", "health", "Whether the server answers.", Control.health, schemas.Health,
              errors=("unavailable",), needs_token=False),
    Operation("GET", "/envs", "environments", "What is served.", Control.environments, schemas.Environments),
    Operation("GET", "/envs/{env}/tasks", "tasks", "The tasks of an environment.", Control.tasks, schemas.Tasks,
              errors=("unknown_environment", "unknown_world_seed", "cannot_compile", "invalid_request"),
              query={"world_seed": (_SEED, "Which world; the default is what is served first.")}),
    Operation("POST", "/env", "create", "Makes an instance.", Control.create, schemas.Instance, schemas.Create, 201,
              errors=("unknown_environment", "unknown_world_seed", "cannot_compile", "unknown_task", "unknown_actor",
                      "invalid_request", "too_many_instances", "not_durable")),
    Operation("GET", "/env/{instance}", "describe", "An instance as it is now.", Control.describe, schemas.Instance,
              errors=_FOUND),
    Operation("DELETE", "/env/{instance}", "delete", "Ends an instance.", Control.delete, None, status=204,
              errors=("unknown_instance",)),
    Operation("POST", "/env/{instance}/reset", "reset", "Back to the untouched world.", Control.reset,
              schemas.Instance, schemas.Nothing, errors=(*_FOUND, "invalid_request", "not_durable")),
    Operation("POST", "/env/{instance}/snapshot", "snapshot", "Keeps the instance as it is now, to come back to.",
              Control.snapshot, schemas.Snapshot, schemas.Nothing, 201,
              errors=(*_FOUND, "invalid_request", "too_many_snapshots", "not_durable")),
    Operation("DELETE", "/env/{instance}/snapshot/{snapshot}", "drop_snapshot", "Forgets a snapshot.", Control.drop,
              None, status=204, errors=(*_FOUND, "unknown_snapshot", "not_durable")),
    Operation("POST", "/env/{instance}/restore", "restore", "Back to a snapshot, as often as is wanted.",
              Control.restore, schemas.Instance, schemas.Restore,
              errors=(*_FOUND, "unknown_snapshot", "invalid_request", "not_durable")),
    Operation("POST", "/env/{instance}/fork", "fork", "Makes another instance that goes on from here.", Control.fork,
              schemas.Instance, schemas.Nothing, 201,
              errors=(*_FOUND, "invalid_request", "too_many_instances", "not_durable")),
    Operation("GET", "/env/{instance}/diff", "diff", "What differs from the untouched world.", Control.diff,
              schemas.Diff, errors=_FOUND),
    Operation("GET", "/env/{instance}/log", "log", "The calls that the agent made.", Control.log, schemas.Log,
              errors=_FOUND),
    Operation("POST", "/env/{instance}/verdict", "verdict", "Whether the task is done; it may be asked at any time.",
              Control.verdict, schemas.Verdict, schemas.Answer, errors=(*_FOUND, "no_task", "invalid_request")),
)  # fmt: skip
