"""Metrics for Prometheus: requests, searches, load, and the state of the library.

Names follow https://prometheus.io/docs/practices/naming/. Nothing here names a reader, a
query or a paper.
"""

import ipaddress
import time
from collections.abc import Iterable, Iterator
from typing import Any, Literal, cast

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.responses import Response

from broadsheet.domain.access import OWNER, require
from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.search import SearchAnswer, SearchRequest
from broadsheet.domain.services import SearchService, Services
from broadsheet.web.connections import ConnectionLimits
from broadsheet.web.principal import principal_of
from broadsheet.web.threads import run_apart

MetricsAccess = Literal["owner", "local", "open"]
"""Who may read the metrics: whoever may see how the library is run (the owner, curators, and
their access tokens); programs on this machine too; everybody."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_OTHER = "other"
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

router = APIRouter(include_in_schema=False)


class Metrics:
    """The metrics of one application. Thread-safe."""

    def __init__(self, services: Services, connections: ConnectionLimits | None = None) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter(
            "broadsheet_http_requests", "Requests answered.", labels, registry=self.registry
        )
        self._durations = Histogram(
            "broadsheet_http_request_duration_seconds",
            "Time until an answer was complete.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "broadsheet_http_requests_in_flight",
            "Requests being answered now.",
            registry=self.registry,
        )
        self.overloads = Counter(
            "broadsheet_http_overloads",
            "Requests answered 503 because too many were waiting.",
            registry=self.registry,
        )
        self._searches = Counter(
            "broadsheet_searches",
            "Searches by mode and outcome.",
            ("mode", "outcome"),
            registry=self.registry,
        )
        self._search_durations = Histogram(
            "broadsheet_search_duration_seconds",
            "Time of a search in the library.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.registry.register(_Library(services))
        if connections is not None:
            self.registry.register(_Connections(connections))
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. ``route`` is a template, "" for an unknown address."""
        name = route or _OTHER
        self._requests.labels(method if method in _METHODS else _OTHER, name, status).inc()
        self._durations.labels(name).observe(seconds)

    def observe_search(self, mode: str, outcome: str, seconds: float) -> None:
        """Count one search; ``outcome`` is results, nothing or error."""
        self._searches.labels(mode, outcome).inc()
        self._search_durations.observe(seconds)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ObservedSearch:
    """A SearchService whose searches are counted and timed."""

    def __init__(self, search: SearchService, metrics: Metrics) -> None:
        self._search = search
        self._metrics = metrics

    def search(self, request: SearchRequest) -> SearchAnswer:
        """See SearchService."""
        began, outcome = time.perf_counter(), "error"
        try:
            answer = self._search.search(request)
            outcome = "results" if answer.hits else "nothing"
            return answer
        finally:
            self._metrics.observe_search(request.mode, outcome, time.perf_counter() - began)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._search, name)


def observed_search(search: SearchService, metrics: Metrics) -> SearchService:
    """The same service, with its searches counted."""
    return cast(SearchService, ObservedSearch(search, metrics))


class _Library(Collector):
    """The state of the library, read when it is asked for."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> Iterable[Metric]:
        """Nothing is read when the collector is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """A part that cannot be read is left out; the others are there."""
        for part in (self._library, self._jobs, self._sources, self._digest):
            try:
                yield from part()
                up = 1
            except BroadsheetError:
                up = 0
            yield _gauge(
                f"broadsheet_{part.__name__.strip('_')}_readable",
                "1 if these metrics could be read, else 0.",
                up,
            )

    def _library(self) -> Iterator[Metric]:
        status = self._services.admin.status(OWNER)
        yield _gauge("broadsheet_papers", "Papers in the library.", status.papers)
        yield _gauge("broadsheet_papers_indexed", "Papers that search can find.", status.indexed)
        yield _gauge(
            "broadsheet_index_pending_changes",
            "Changes committed and not yet in the index.",
            status.pending,
        )
        yield _gauge(
            "broadsheet_index_usable",
            "1 if the library can be searched, else 0.",
            not status.problem,
        )
        yield _gauge(
            "broadsheet_rejected_records", "Records that could not be used.", status.rejected
        )
        sizes = GaugeMetricFamily("broadsheet_size_bytes", "Bytes on disk.", labels=["part"])
        for part, size in status.bytes.items():
            sizes.add_metric([part], size)
        yield sizes
        version = GaugeMetricFamily("broadsheet_info", "The version.", labels=["version"])
        version.add_metric([status.version], 1)
        yield version

    def _jobs(self) -> Iterator[Metric]:
        finished = GaugeMetricFamily(
            "broadsheet_job_finished_timestamp_seconds",
            "When the last run of a background job ended.",
            labels=["job"],
        )
        failures = GaugeMetricFamily(
            "broadsheet_job_failures", "Failed runs of a job in a row.", labels=["job"]
        )
        for job in self._services.admin.status(OWNER).jobs:
            finished.add_metric([job.name], job.finished_at.timestamp())
            failures.add_metric([job.name], job.failures)
        yield from (finished, failures)

    def _sources(self) -> Iterator[Metric]:
        finished = GaugeMetricFamily(
            "broadsheet_source_finished_timestamp_seconds",
            "When the last run of a source ended.",
            labels=["source", "outcome"],
        )
        failures = GaugeMetricFamily(
            "broadsheet_source_failures", "Failed runs of a source in a row.", labels=["source"]
        )
        for source in self._services.sources.statuses(OWNER):
            if source.last_run and source.last_run.finished_at:
                run = source.last_run
                labels = [source.name, run.outcome]
                finished.add_metric(labels, source.last_run.finished_at.timestamp())
                failures.add_metric([source.name], run.failures)
        yield from (finished, failures)

    def _digest(self) -> Iterator[Metric]:
        status = self._services.digest.status(OWNER)
        subscriptions = GaugeMetricFamily(
            "broadsheet_subscriptions", "Subscriptions by state.", labels=["state"]
        )
        for state, count in status.subscriptions.items():
            subscriptions.add_metric([state], count)
        deliveries = GaugeMetricFamily(
            "broadsheet_deliveries", "Deliveries of the last 30 days by state.", labels=["state"]
        )
        for state, count in status.deliveries.items():
            deliveries.add_metric([state], count)
        yield from (subscriptions, deliveries)
        yield _gauge(
            "broadsheet_deliveries_overdue", "Deliveries that are due and not sent.", status.overdue
        )


class _Connections(Collector):
    """The connections of the server."""

    def __init__(self, connections: ConnectionLimits) -> None:
        self._connections = connections

    def collect(self) -> Iterator[Metric]:
        """Open connections, and those that were closed because of a limit."""
        counts = self._connections.counts
        yield _gauge("broadsheet_connections", "Open connections.", len(self._connections.open))
        yield _gauge(
            "broadsheet_connections_limit", "Most open connections.", self._connections.most
        )
        dropped = CounterMetricFamily(
            "broadsheet_connections_dropped", "Connections closed by a limit.", labels=["why"]
        )
        for stage, count in counts.dropped.items():
            dropped.add_metric([f"slow {stage}"], count)
        dropped.add_metric(["replaced"], counts.replaced)
        dropped.add_metric(["refused"], counts.refused)
        yield dropped


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, float(value))


@router.api_route("/metrics", methods=["GET", "HEAD"])
async def metrics_page(request: Request) -> Response:
    """All metrics, for Prometheus."""
    principal = principal_of(request)
    access: MetricsAccess = request.app.state.metrics_access
    if access != "open" and not (access == "local" and is_local(request)):
        require(principal, "view_operations")
    metrics: Metrics = request.app.state.metrics
    return Response(
        await run_apart(metrics.text),
        media_type=CONTENT_TYPE_LATEST,
        headers={"Cache-Control": "no-store"},
    )


def is_local(request: Request) -> bool:
    """Whether a program on this machine asks by itself, and no proxy for somebody else."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
