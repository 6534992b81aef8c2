"""What a server is told when it starts."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from awmc.runtime import Limits

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LIMITS = Limits(seconds=5.0, result_bytes=1 << 20, calls=10_000)


@dataclass(frozen=True, slots=True)
class Settings:
    """`token`: what the control side asks for, or None; `allow_hosts`: the names that the server answers to
    beside those of `allowed_hosts`, `*` for any; `public_url`: how clients reach it, where that is not what
    their `Host` header says, `{port}` standing for the port. `max_instances`: of all workers together.
    `idle_timeout`: seconds after which an unused instance is ended, `body_timeout`: within which a body must
    have come, `drain`: that running requests get when the server is told to stop. `max_body`: bytes.
    `max_snapshots`: of one instance. `durable`: the folder of the journals, or None.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    token: str | None = field(default=None, repr=False)
    allow_hosts: tuple[str, ...] = ()
    public_url: str | None = None
    max_instances: int = 4096
    idle_timeout: float = 3600.0
    max_body: int = 1 << 20
    body_timeout: float = 30.0
    max_snapshots: int = 64
    limits: Limits = LIMITS
    durable: Path | None = None
    drain: int = 3

    def dump(self) -> str:
        """As JSON, for a worker; it holds the token."""
        return json.dumps({**asdict(self), "durable": self.durable and str(self.durable)})

    @classmethod
    def load(cls, text: str) -> Self:
        """Reads what `dump` wrote."""
        data: dict[str, Any] = json.loads(text)
        data["limits"] = Limits(**data["limits"])
        data["allow_hosts"] = tuple(data["allow_hosts"])
        data["durable"] = data["durable"] and Path(data["durable"])
        return cls(**data)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def allowed_hosts(host: str, allow: Iterable[str]) -> frozenset[str]:
    """The names, in lower case, that a server which listens at `host` answers to. Addresses are not among them: see
    `is_allowed`.
    """
    names = {*LOOPBACK, host, *allow}
    if not is_loopback(host):
        names |= {socket.gethostname(), socket.getfqdn()}
    return frozenset(name.lower() for name in names)


def is_allowed(header: str, names: frozenset[str], *, addresses: bool) -> bool:
    """Whether a `Host` header, or what follows `//` in an `Origin`, is the server's. A web page elsewhere can have
    a browser send it requests under a name of its own (DNS rebinding), but never under an address: with
    `addresses` any is allowed.
    """
    if "*" in names:
        return True
    name = hostname(header)
    if name in names:
        return True
    if not addresses:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def hostname(header: str) -> str:
    """The name in `name:port`, `[::1]:port` or `name`, in lower case."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()
