"""Which addresses may be asked: the public web, and private hosts that the settings name.

A feed or a redirect could otherwise make this program ask the router, the neighbour's
server or a cloud's metadata service on an attacker's behalf.
"""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from broadsheet.domain.errors import AddressRefusedError, InvalidInputError

_IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""An IPv4 address is in the last four bytes (RFC 6052)."""

PORTS = {"http": 80, "https": 443}


def is_public(address: str) -> bool:
    """Return whether an IP address, or the one embedded in it, belongs to the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    wrapped = _wrapped(ip)
    if wrapped is not None:
        return is_public(str(wrapped))
    if isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local:
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _wrapped(ip: _IpAddress) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if not isinstance(ip, ipaddress.IPv6Address):
        return None
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


class PrivateHosts:
    """Hosts that may be asked though they are private: ``host`` or ``host:port``."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Raise InvalidInputError for a name that is neither."""
        self._named = {_parse_host(name) for name in names}

    def allows(self, host: str, port: int) -> bool:
        """Whether the settings name this host, for this port or for all."""
        host = host.lower()
        return (host, None) in self._named or (host, port) in self._named


def _parse_host(name: str) -> tuple[str, int | None]:
    try:
        text = name.strip()
        # A bare IPv6 address has colons of its own.
        parts = urlsplit(f"//[{text}]" if text.count(":") > 1 and "[" not in text else f"//{text}")
        if parts.hostname and parts.netloc and not (parts.path or parts.query or parts.username):
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise InvalidInputError(
        f"private_hosts: {name!r} is no host; write for instance "
        '"mirror.example", "10.0.0.5:8080" or "[fd00::5]:8080"'
    )


def check_web_address(address: str) -> None:
    """Raise AddressRefusedError unless ``address`` is http or https with a host."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise AddressRefusedError(
            f"{address[:200]!r} is no web address; it must begin with http:// or https://"
        )


def refuse_private(host: str, port: int, address: str) -> AddressRefusedError:
    """The error for a host that leads to ``found``."""
    leads = f"{host} is" if host == address else f"{host} leads to {address}, which is"
    name = f"[{host}]" if ":" in host else host
    name += "" if port in PORTS.values() else f":{port}"
    return AddressRefusedError(
        f"{leads} in a private network; if that is meant, "
        f'add it to the settings: private_hosts = ["{name}"]'
    )
