"""`awmc serve`: worlds over MCP, one instance on stdio or many over HTTP."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from awmc.cli import status
from awmc.cli.inputs import builds_and_specs, read_specs
from awmc.cli.output import counted, progress, show

if TYPE_CHECKING:
    from awmc.diagnostics import Diagnostic
    from awmc.runtime import Limits
    from awmc.serve.catalogue import Catalogue
    from awmc.serve.settings import Settings
    from awmc.source import Source

LogLevel = Literal["debug", "info", "warning", "error"]
_AGENT, _NETWORK, _LIMITS = "One instance (--stdio)", "Network", "Limits"


def run(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[BUILDS|SPECS]...", help="Folders of builds, or specs; by default build/*."),
    ] = None,
    http: Annotated[
        bool,
        typer.Option("--http/--stdio", help="Many instances over HTTP, or one on standard input and output."),
    ] = True,
    task: Annotated[
        str | None, typer.Option(help="The task whose actor and policy hold.", rich_help_panel=_AGENT)
    ] = None,
    actor: Annotated[
        str | None, typer.Option(help="The key or label of another row to act for.", rich_help_panel=_AGENT)
    ] = None,
    world_seed: Annotated[
        int | None, typer.Option(min=0, help="Which world of a spec.", rich_help_panel=_AGENT)
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen.", rich_help_panel=_NETWORK)] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            help="Where to listen; workers listen at those after it. 0: any.",
            rich_help_panel=_NETWORK,
        ),
    ] = 8000,
    workers: Annotated[
        int,
        typer.Option(min=1, max=256, help="Processes that share the instances.", rich_help_panel=_NETWORK),
    ] = 1,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="AWMC_TOKEN",
            help="What the control side asks for; needed beyond this machine.",
            rich_help_panel=_NETWORK,
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Another name in a Host header to answer to; * for any. May be repeated.",
            rich_help_panel=_NETWORK,
        ),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="How clients reach the server, behind a proxy; {port} stands for a worker's port.",
            rich_help_panel=_NETWORK,
        ),
    ] = None,
    durable: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep instances there, so that they survive the process."),
    ] = None,
    max_instances: Annotated[int, typer.Option(min=1, help="Instances.", rich_help_panel=_LIMITS)] = 4096,
    idle_timeout: Annotated[
        float, typer.Option(min=1, help="Seconds until an unused instance is ended.", rich_help_panel=_LIMITS)
    ] = 3600,
    max_snapshots: Annotated[
        int, typer.Option(min=0, help="Snapshots of an instance.", rich_help_panel=_LIMITS)
    ] = 64,
    max_calls: Annotated[
        int, typer.Option(min=1, help="Calls of an instance until it is reset.", rich_help_panel=_LIMITS)
    ] = 10_000,
    call_seconds: Annotated[
        float, typer.Option(min=0.01, help="Seconds until a call is stopped.", rich_help_panel=_LIMITS)
    ] = 5,
    max_result: Annotated[int, typer.Option(min=1, help="Bytes of a result.", rich_help_panel=_LIMITS)] = 1
    << 20,
    max_body: Annotated[int, typer.Option(min=1024, help="Bytes of a request.", rich_help_panel=_LIMITS)] = 1
    << 20,
    drain: Annotated[
        int,
        typer.Option(
            min=1, help="Seconds that requests get when the server is stopped.", rich_help_panel=_LIMITS
        ),
    ] = 3,
    log_level: Annotated[LogLevel, typer.Option(help="How much is logged, to standard error.")] = "warning",
) -> None:
    """Serve worlds over MCP: one instance on stdio, or many over HTTP with a control side that makes, resets and
    judges them.
    """  # fmt: skip
    if any(find_spec(library) is None for library in ("mcp", "uvicorn", "prometheus_client")):
        _leave("serving needs the extra `serve`: pip install 'awmc[serve]'", status.USAGE)
    from awmc.runtime import Limits
    from awmc.serve.logs import log_to_stderr
    from awmc.serve.settings import Settings, is_loopback

    log_to_stderr(getattr(logging, log_level.upper()))
    builds, specs = _named(what or ["build"])
    limits = Limits(seconds=call_seconds, result_bytes=max_result, calls=max_calls)
    if not http:
        _serve_one(builds, specs, task, actor, world_seed, limits)
        return
    for value, option in ((task, "--task"), (actor, "--actor"), (world_seed, "--world-seed")):
        if value is not None:
            _leave(f"{option} is for --stdio; over HTTP, `POST /env` says it for each instance", status.USAGE)
    if token is not None and (not token or not token.isascii() or not token.isprintable() or " " in token):
        _leave("the token must be printable ASCII without spaces", status.USAGE)
    if token is None and not is_loopback(host):
        _leave(
            f"other machines reach --host {host}: give a token for the control side, in AWMC_TOKEN or --token",
            status.USAGE,
        )
    settings = Settings(
        host=host,
        port=port,
        workers=workers,
        token=token,
        allow_hosts=tuple(allow_host or ()),
        public_url=public_url,
        max_instances=max_instances,
        idle_timeout=idle_timeout,
        max_body=max_body,
        max_snapshots=max_snapshots,
        limits=limits,
        durable=durable,
        drain=drain,
    )
    if port and port + workers > 65535:
        _leave(f"there are no {workers} ports after {port}", status.USAGE)
    _serve_many(builds, specs, settings)


def _named(what: Sequence[str]) -> tuple[list[Path], list[Source]]:
    builds, paths, unknown = builds_and_specs(what)
    for problem in unknown:
        sys.stderr.write(f"awmc serve: {problem}\n")
    specs, problems = read_specs(paths)
    _stop_at(problems, specs)
    if unknown:
        raise typer.Exit(status.WRONG)
    return builds, specs


def _serve_many(builds: Sequence[Path], specs: Sequence[Source], settings: Settings) -> None:
    from awmc.serve.journal import DurableError
    from awmc.serve.run import ListenError, serve
    from awmc.serve.workers import Offer, WorkerError

    catalogue = _catalogue(builds, specs)
    count = sum(1 for _ in catalogue)

    def announce(url: str) -> None:
        sys.stderr.write(f"awmc serve: {counted(count, 'environment')} at {url}\n")
        sys.stderr.flush()

    try:
        serve(catalogue, Offer(tuple(builds), tuple(specs)), settings, announce)
    except ListenError as error:
        _leave(str(error), status.USAGE)
    except (DurableError, WorkerError) as error:
        _leave(str(error), status.WRONG)


def _catalogue(builds: Sequence[Path], specs: Sequence[Source]) -> Catalogue:
    """What is served; leaves where something is wrong with it."""
    from awmc.runtime import BuildError
    from awmc.serve.catalogue import Catalogue

    catalogue = Catalogue()
    try:
        for folder in progress(iter(builds), len(builds)):
            catalogue.add_build(folder)
        for source, files in _compiled(specs, 0):
            catalogue.add_spec(source, files)
    except BuildError as error:
        _leave(str(error), status.WRONG)
    return catalogue


def _serve_one(
    builds: Sequence[Path],
    specs: Sequence[Source],
    task: str | None,
    actor: str | None,
    world_seed: int | None,
    limits: Limits,
) -> None:
    from awmc.runtime import BuildError, UnknownTask, World, load
    from awmc.serve.errors import ServeError
    from awmc.serve.instances import existing_actor
    from awmc.serve.stdio import serve_stdio

    if len(builds) + len(specs) != 1:
        _leave(f"--stdio serves one world, and {len(builds) + len(specs)} are named", status.USAGE)
    if builds and world_seed is not None:
        _leave("--world-seed is for a spec; a build is of one world", status.USAGE)
    try:
        if builds:
            world = load(builds[0])
        else:
            ((_, files),) = _compiled(specs, world_seed or 0)
            world = World.from_artefacts(files)
        key = existing_actor(world, actor) if actor is not None else None
        session = world.session(task, key, limits=limits)
    except UnknownTask as error:
        _leave(str(error), status.USAGE)
    except ServeError as error:
        _leave(error.message, status.USAGE)
    except BuildError as error:
        _leave(str(error), status.WRONG)
    with session:
        serve_stdio(session)


def _compiled(specs: Sequence[Source], world_seed: int) -> list[tuple[Source, dict[str, str]]]:
    """The artefacts of specs; leaves where one has errors."""
    if not specs:
        return []
    from awmc.cli.work import Job, run_all

    jobs = [Job(source, "compile", world_seed) for source in specs]
    outcomes = list(progress(run_all(jobs, 0), len(jobs)))
    _stop_at([said for outcome in outcomes for said in outcome.diagnostics if said.is_error], specs)
    return [
        (found.source, {artefact.path: artefact.text for artefact in found.artefacts}) for found in outcomes
    ]


def _stop_at(problems: Sequence[Diagnostic], specs: Sequence[Source]) -> None:
    if problems:
        show(problems, {source.name: source for source in specs}, "human", sys.stderr)
        bug = any(problem.code.startswith("AWM9") for problem in problems)
        raise typer.Exit(status.BUG if bug else status.WRONG)


def _leave(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"awmc serve: {message}\n")
    raise typer.Exit(code)
