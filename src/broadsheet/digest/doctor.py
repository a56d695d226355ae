"""Check a sending domain against the requirements of large mail receivers.

SPF RFC 7208, DKIM RFC 6376 (a key record exists and is whole), DMARC RFC 7489, forward-confirmed
reverse DNS, and STARTTLS or TLS at the configured server.
"""

import base64
import binascii
import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from broadsheet.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from dns.resolver import Resolver

_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. ``words`` describe the present record, or the missing one and the next step."""

    subject: str
    verdict: Literal["good", "missing", "unknown"]
    words: str


def check_domain(
    domain: str,
    selector: str = "",
    ip: str = "",
    server: str = "",
    port: int = 587,
    nameserver: str = "",
) -> list[Finding]:
    """Check a sending domain.

    ``selector`` names the DKIM key, ``ip`` is the address that mail leaves from, ``server`` the
    SMTP server whose TLS is looked at; each is left out if empty. ``nameserver`` is "address" or
    "address:port"; else the system's are asked.
    """
    resolver = _open_resolver(nameserver)
    findings = [_check_spf(resolver, domain)]
    if selector:
        findings.append(_check_dkim(resolver, domain, selector))
    else:
        findings.append(
            Finding("DKIM", "missing", "no selector is set; set dkim_selector in the table [mail]")
        )
    findings.append(_check_dmarc(resolver, domain))
    if ip:
        findings.append(_check_reverse(resolver, ip))
    else:
        findings.append(Finding("PTR", "unknown", "give the sending address with --address"))
    if server:
        findings.append(_check_tls(server, port))
    return findings


def _open_resolver(nameserver: str) -> "Resolver":
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=not nameserver)
    resolver.lifetime = _SECONDS
    if nameserver:
        host, _, number = nameserver.partition(":")
        if number and not number.isdecimal():
            raise InvalidInputError(f"{nameserver!r} is no address of a DNS server: ADDRESS:PORT")
        resolver.nameservers = [host]
        resolver.port = int(number or 53)
    return resolver


def _texts(resolver: "Resolver", name: str) -> list[str] | None:
    """TXT records of a name; none if there are none, None if nobody answers."""
    import dns.exception
    import dns.resolver

    try:
        answer = resolver.resolve(name, "TXT")
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException:
        return None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _nobody(subject: str, name: str) -> Finding:
    return Finding(subject, "unknown", f"no DNS server answered for {name}; try again")


def _check_spf(resolver: "Resolver", domain: str) -> Finding:
    texts = _texts(resolver, domain)
    if texts is None:
        return _nobody("SPF", domain)
    records = [text for text in texts if text.lower().split(" ", 1)[0] == "v=spf1"]
    if not records:
        return Finding(
            "SPF", "missing", f'{domain} has no SPF record; add TXT "v=spf1 mx -all" or the like'
        )
    if len(records) > 1:
        return Finding("SPF", "missing", f"{domain} has {len(records)} SPF records; keep one")
    if "+all" in records[0].lower().split():
        return Finding("SPF", "missing", f"the SPF record lets everybody send: {records[0]}")
    return Finding("SPF", "good", records[0])


def _check_dkim(resolver: "Resolver", domain: str, selector: str) -> Finding:
    name = f"{selector}._domainkey.{domain}"
    texts = _texts(resolver, name)
    if texts is None:
        return _nobody("DKIM", name)
    for text in texts:
        tags = _tags(text)
        if "p" not in tags:
            continue
        if not tags["p"]:
            return Finding("DKIM", "missing", f"the key at {name} is withdrawn (p is empty)")
        try:
            key = base64.b64decode("".join(tags["p"].split()), validate=True)
        except binascii.Error:
            return Finding("DKIM", "missing", f"the key at {name} is damaged")
        if tags.get("k", "rsa") == "rsa" and len(key) < 160:
            return Finding("DKIM", "missing", f"the key at {name} has less than 1024 bits")
        return Finding("DKIM", "good", f"a key at {name}")
    return Finding("DKIM", "missing", f"there is no key at {name}; publish the public key as TXT")


def _check_dmarc(resolver: "Resolver", domain: str) -> Finding:
    name = f"_dmarc.{domain}"
    texts = _texts(resolver, name)
    if texts is None:
        return _nobody("DMARC", name)
    for text in texts:
        tags = _tags(text)
        if tags.get("v", "").upper() == "DMARC1":
            return Finding("DMARC", "good", text)
    return Finding(
        "DMARC", "missing", f'add TXT "v=DMARC1; p=none; rua=mailto:postmaster@{domain}" at {name}'
    )


def _check_reverse(resolver: "Resolver", ip: str) -> Finding:
    import dns.exception
    import dns.resolver
    import dns.reversename

    try:
        name = str(resolver.resolve(dns.reversename.from_address(ip), "PTR")[0].target)
        kind = "AAAA" if ":" in ip else "A"
        addresses = [str(record) for record in resolver.resolve(name, kind)]
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Finding("PTR", "missing", f"{ip} has no name that leads back to it")
    except dns.exception.SyntaxError:
        return Finding("PTR", "unknown", f"{ip!r} is no IP address")
    except dns.exception.DNSException:
        return _nobody("PTR", ip)
    if ip not in addresses:
        return Finding("PTR", "missing", f"{ip} is called {name}, which leads to {addresses[0]}")
    return Finding("PTR", "good", f"{ip} is called {name.rstrip('.')}")


def _check_tls(server: str, port: int) -> Finding:
    context = ssl.create_default_context()
    try:
        if port == 465:
            with smtplib.SMTP_SSL(server, port, timeout=_SECONDS, context=context):
                pass
        else:
            with smtplib.SMTP(server, port, timeout=_SECONDS) as smtp:
                smtp.starttls(context=context)
    except smtplib.SMTPNotSupportedError:
        return Finding("TLS", "missing", f"{server}:{port} offers no STARTTLS")
    except ssl.SSLError as error:
        return Finding("TLS", "missing", f"{server}:{port}: {error.reason or error}")
    except (OSError, smtplib.SMTPException, socket.gaierror) as error:
        return Finding("TLS", "unknown", f"{server}:{port} cannot be reached: {error}")
    return Finding("TLS", "good", f"{server}:{port} speaks TLS with a valid certificate")


def _tags(text: str) -> dict[str, str]:
    """The tag=value pairs of a record (RFC 6376, 3.2)."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}
