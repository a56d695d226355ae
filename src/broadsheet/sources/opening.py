"""Open a client for one run of one source; all runs of a home share its limits."""

from collections.abc import Iterable
from pathlib import Path

from broadsheet.net.addresses import PrivateHosts
from broadsheet.net.client import PoliteClient
from broadsheet.net.pace import Pace
from broadsheet.net.port import RequestLimits
from broadsheet.net.transport import CheckedBackend, CheckedTransport
from broadsheet.net.waiting import Clock, RetryPolicy
from broadsheet.sources.configured import ConfiguredSource
from broadsheet.sources.runner import FindValidators


def open_polite_client(
    folder: Path,
    contact: str,
    private_hosts: Iterable[str],
    service: str,
    limits: RequestLimits,
    proxy: str = "",
    retry: RetryPolicy | None = None,
    clock: Clock | None = None,
    find_validators: FindValidators = lambda address: None,
) -> PoliteClient:
    """Return a client that keeps to the limits of one service; close it in the end.

    Raises InvalidInputError for a malformed private host.
    """
    retry, clock = retry or RetryPolicy(), clock or Clock()
    pace = Pace(folder, service, limits, clock, retry.longest_wait)
    transport = CheckedTransport(CheckedBackend(PrivateHosts(private_hosts), proxy=proxy))
    return PoliteClient(transport, pace, contact, clock, retry, find_validators)


def open_client(
    folder: Path,
    contact: str,
    private_hosts: Iterable[str],
    source: ConfiguredSource,
    find_validators: FindValidators,
    clock: Clock,
    proxy: str = "",
) -> PoliteClient:
    """Return a client; close it at the end of the run. ``folder`` holds the shared limits.

    Raises InvalidInputError for a malformed private host.
    """
    return open_polite_client(
        folder,
        contact,
        private_hosts,
        source.name,
        source.source.policy,
        proxy,
        clock=clock,
        find_validators=find_validators,
    )
