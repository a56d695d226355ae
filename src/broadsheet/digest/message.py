"""Compose the message of an issue, and sign it.

Headers     RFC 5322; encoded words by RFC 2047; List-Id RFC 2919; List-Unsubscribe RFC 2369 and
            List-Unsubscribe-Post RFC 8058 (one click); Auto-Submitted RFC 3834.
Signature   DKIM, RFC 6376, relaxed/relaxed, over every header that matters, both of
            List-Unsubscribe included, as RFC 8058 asks.
"""

import datetime as dt
import hashlib
import hmac
import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from broadsheet.domain.digest import Rendered
from broadsheet.domain.errors import InvalidInputError

SIGNED_HEADERS = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "reply-to",
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_LONGEST_SUBJECT = 200
_ADDRESS = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}@[^\s@<>(),;:\\\"\[\]]{1,255}")


@dataclass(frozen=True, slots=True)
class Signer:
    """A DKIM key. ``private_key`` is PEM text."""

    domain: str
    selector: str
    private_key: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message, ready for a mail server."""

    sender: str
    """The return address: bounces come to it."""
    recipient: str
    content: bytes


def check_address(address: str) -> str:
    """Return a mail address without surrounding space; raises InvalidInputError if it is none."""
    address = address.strip()
    if not _ADDRESS.fullmatch(address) or ".." in address or address.endswith("."):
        raise InvalidInputError(f"{address!r} is no mail address; write it as name@example.org")
    local, _, domain = address.rpartition("@")
    if "." not in domain and domain != "localhost":
        raise InvalidInputError(f"{address!r} has no full domain; write it as name@example.org")
    try:
        Address(username=local, domain=domain)
    except (ValueError, IndexError):
        raise InvalidInputError(f"{address!r} is no mail address") from None
    return f"{local}@{domain.lower()}"


def one_line(text: str, longest: int = _LONGEST_SUBJECT) -> str:
    """Text fit for a header: no control character, no line break, not too long."""
    text = " ".join(_CONTROLS.sub(" ", text).split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def new_message_id(subscription: int, period: str, domain: str, nonce: str) -> str:
    """The Message-ID of an issue: the same for each attempt, not to be guessed."""
    digest = hashlib.blake2b(f"{subscription}/{period}/{nonce}".encode(), digest_size=12)
    return f"<{period}.{digest.hexdigest()}@{domain}>"


def compose_message(
    *,
    subject: str,
    rendered: Rendered,
    markup: str,
    sender: str,
    service: str,
    recipient: str,
    message_id: str,
    date: dt.datetime,
    list_id: str = "",
    unsubscribe: str = "",
    unsubscribe_mail: str = "",
) -> EmailMessage:
    """A message with a plain part and, unless the reader wants plain text, an HTML part.

    ``unsubscribe`` is an https address that acts on POST. Without a public address of the
    service only ``unsubscribe_mail`` is offered, if there is one.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(one_line(service, 60), addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = one_line(subject)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    if list_id:
        message["List-Id"] = f"{one_line(service, 60)} <{list_id}>"
    ways = [
        f"<{way}>"
        for way in (unsubscribe, unsubscribe_mail and f"mailto:{unsubscribe_mail}")
        if way
    ]
    if ways:
        message["List-Unsubscribe"] = ", ".join(ways)
    if unsubscribe:
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(rendered.text, charset="utf-8", cte="quoted-printable")
    if markup == "html":
        message.add_alternative(
            rendered.html, subtype="html", charset="utf-8", cte="quoted-printable"
        )
    return message


def sign(content: bytes, signer: Signer) -> bytes:
    """A message with its DKIM signature in front."""
    import dkim

    present = {line.split(b":", 1)[0].strip().lower() for line in _header_lines(content)}
    names = [name.encode() for name in SIGNED_HEADERS if name.encode() in present]
    signature: bytes = dkim.sign(
        content,
        signer.selector.encode(),
        signer.domain.encode(),
        signer.private_key,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=names,
    )
    return signature + content


def _header_lines(content: bytes) -> list[bytes]:
    head = content.split(b"\r\n\r\n", 1)[0]
    return [line for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]


def return_address(bounces: str, delivery: int, secret: bytes) -> str:
    """A return address of its own for each delivery, signed (VERP): a bounce names its delivery,
    and nobody can forge one."""
    local, _, domain = bounces.partition("@")
    return f"{local}+{delivery}-{_mark(delivery, secret)}@{domain}"


def read_return_address(address: str, secret: bytes) -> int | None:
    """The delivery that a return address names; None if it is not ours or forged."""
    match = re.search(r"\+(\d{1,18})-([0-9a-f]{16})@", address)
    if match is None:
        return None
    delivery = int(match[1])
    return delivery if hmac.compare_digest(match[2], _mark(delivery, secret)) else None


def _mark(delivery: int, secret: bytes) -> str:
    return hmac.new(secret, f"bounce {delivery}".encode(), hashlib.sha256).hexdigest()[:16]
