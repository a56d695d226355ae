"""Send one message at once: a confirmation, or a link that signs in."""

import asyncio
import datetime as dt
from pathlib import Path

from broadsheet.digest.message import Envelope, compose_message, sign
from broadsheet.digest.settings import MailSettings
from broadsheet.domain.digest import Rendered


def send_one(
    mail: MailSettings,
    home: Path,
    service: str,
    recipient: str,
    subject: str,
    rendered: Rendered,
    message_id: str,
    markup: str = "html",
) -> str:
    """Hand a message over; return the problem in words, "" for none.

    Raises InvalidInputError if the way that is set cannot be opened.
    """
    message = compose_message(
        subject=subject,
        rendered=rendered,
        markup=markup,
        sender=mail.sender_address,
        service=service,
        recipient=recipient,
        message_id=message_id,
        date=dt.datetime.now(dt.UTC),
    )
    content = message.as_bytes()
    signer = mail.open_signer()
    if signer:
        content = sign(content, signer)
    envelope = Envelope(mail.sender_address, recipient, content)

    async def submit() -> str:
        transport = mail.open_transport(home)
        try:
            submission = await transport.submit(envelope)
        finally:
            await transport.close()
        return "" if submission.outcome == "sent" else submission.answer

    return asyncio.run(submit())
