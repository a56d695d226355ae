"""Read reports that mail servers send back.

Delivery status notifications: RFC 3464 (multipart/report; report-type=delivery-status), status
codes RFC 3463. Complaints: RFC 5965 (report-type=feedback-report). Pure.
"""

import email
from dataclasses import dataclass
from email.message import Message
from email.policy import default as default_policy
from email.utils import getaddresses
from typing import Literal

from broadsheet.digest.message import read_return_address


@dataclass(frozen=True, slots=True)
class Report:
    """A server's report about one delivery."""

    kind: Literal["permanent", "temporary", "complaint"]
    delivery: int | None
    """The delivery that the signed return address names; None if the report names none."""
    words: str
    """The status and diagnosis, on one line, for people."""


def parse_report(content: bytes, secret: bytes) -> Report | None:
    """Parse a message to the return address; None unless it reports a failure or complaint.

    None for an out-of-office reply, spam, a report of success or of a mere delay.
    """
    message = email.message_from_bytes(content, policy=default_policy)
    delivery = _find_delivery(message, secret)
    kind = (message.get_param("report-type") or "") if message.is_multipart() else ""
    if str(kind).lower() == "feedback-report":
        return Report("complaint", delivery, "the reader reported the message as unwanted")
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for fields in part.get_payload() if isinstance(part.get_payload(), list) else ():
            assert isinstance(fields, Message)
            action = str(fields.get("Action", "")).strip().lower()
            status = str(fields.get("Status", "")).split()[0:1]
            if action != "failed" or not status:
                continue
            diagnosis = str(fields.get("Diagnostic-Code", "")).partition(";")[2].strip()
            words = " ".join(f"{status[0]} {diagnosis}".split())[:300]
            temporary = status[0].startswith("4") or status[0] in ("5.2.2",)  # mailbox full
            return Report("temporary" if temporary else "permanent", delivery, words)
    return None


def _find_delivery(message: Message, secret: bytes) -> int | None:
    names = ("X-Original-To", "Delivered-To", "To", "X-Envelope-To")
    addresses = [str(value) for name in names for value in message.get_all(name, [])]
    for _, address in getaddresses(addresses):
        delivery = read_return_address(address, secret)
        if delivery is not None:
            return delivery
    for part in message.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            delivery = read_return_address(str(part), secret)
            if delivery is not None:
                return delivery
    return None
