"""What a server counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_1_0_0
_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Those of one process. No label holds an id of an instance."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.created = Counter(
            "awmc_instances_created", "Instances that were made.", ["env"], registry=self.registry
        )
        self.ended = Counter(
            "awmc_instances_ended", "Instances that were deleted or idle for too long.", ["env"],
            registry=self.registry,
        )  # fmt: skip
        self.calls = Counter(
            "awmc_calls",
            "Calls of tools: ok, refused, unknown_tool.",
            ["env", "outcome"],
            registry=self.registry,
        )
        self.call_seconds = Histogram(
            "awmc_call_seconds", "How long calls of tools took, waiting for their turn included.", ["env"],
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self.requests = Counter(
            "awmc_requests",
            "Requests, by route and status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "awmc_request_seconds", "How long requests took.", ["route", "method"],
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._instances = Gauge("awmc_instances", "Instances that there are now.", registry=self.registry)

    def count_instances(self, count: Callable[[], int]) -> None:
        """Where the number of instances comes from."""
        self._instances.set_function(lambda: float(count()))

    def text(self) -> bytes:
        """All of it, in Prometheus's text format."""
        return generate_latest(self.registry)
