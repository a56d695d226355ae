"""Mail about accounts: links that sign in, and links that confirm an address."""

import logging
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from broadsheet.digest.message import new_message_id
from broadsheet.digest.render import render_button
from broadsheet.digest.settings import MailSettings
from broadsheet.digest.single import send_one
from broadsheet.domain.accounts import LINK_MINUTES, Account, LinkNotFoundError
from broadsheet.domain.digest import Rendered

log = logging.getLogger(__name__)

CONFIRM_HOURS = 24
_SALT = "account address"
_DELAY = 0.3
"""Seconds until a message is composed. The answer to the request has left by then, so its time
does not tell whether there is anybody to write to."""


class AccountMail:
    """Composes and sends these messages in threads of their own. Thread-safe."""

    def __init__(
        self,
        mail: MailSettings,
        home: Path,
        read_secret: Callable[[], bytes],
        public_url: str,
        service_name: str = "Broadsheet",
    ) -> None:
        self._mail = mail
        self._home = home
        self._read_secret = read_secret
        self._public_url = public_url.rstrip("/")
        self._service = service_name

    def send_link(self, make_link: Callable[[], tuple[Account, str] | None]) -> None:
        """Mail a link that signs in. ``make_link`` runs in the thread and returns the account and
        the link's token, or None if nothing is to be sent."""

        def send() -> None:
            if made := make_link():
                account, token = made
                subject = f"Sign in to {self._service}"
                rendered = render_button(
                    self._service,
                    subject,
                    f"Somebody, we hope you, wants to sign in to {self._service} as {account.name}.",
                    "Sign in",
                    f"{self._public_url}/sign-in/link/{token}",
                    f"The link works once, within {LINK_MINUTES} minutes. If it was not you, do "
                    "nothing: nobody can sign in without it.",
                )
                self._send(account.address, subject, rendered)

        self._start(send)

    def send_confirmation(self, account: Account, address: str) -> None:
        """Mail a link that confirms ``address`` as the account's."""

        def send() -> None:
            subject = f"Confirm your address at {self._service}"
            rendered = render_button(
                self._service,
                subject,
                f"The account {account.name} at {self._service} gave this address as its own.",
                "Confirm the address",
                f"{self._public_url}/account/address/{self._make_token(account.id, address)}",
                f"The link is good for {CONFIRM_HOURS} hours. If this is not your account, do "
                "nothing.",
            )
            self._send(address, subject, rendered)

        self._start(send)

    def read_confirmation(self, token: str) -> tuple[str, str]:
        """Return account id and address of a link. Raises LinkNotFoundError if it was not made
        here or is too old."""
        from itsdangerous import BadData, URLSafeTimedSerializer

        serializer = URLSafeTimedSerializer(self._read_secret(), salt=_SALT)
        try:
            account_id, address = serializer.loads(token, max_age=CONFIRM_HOURS * 3600)
        except (BadData, ValueError, TypeError):
            raise LinkNotFoundError from None
        return account_id, address

    def _make_token(self, account_id: str, address: str) -> str:
        from itsdangerous import URLSafeTimedSerializer

        return URLSafeTimedSerializer(self._read_secret(), salt=_SALT).dumps([account_id, address])

    def _send(self, address: str, subject: str, rendered: Rendered) -> None:
        message_id = new_message_id(0, "account", self._mail.sender_domain, secrets.token_hex(8))
        problem = send_one(
            self._mail, self._home, self._service, address, subject, rendered, message_id
        )
        if problem:
            log.warning("a message about an account could not be sent: %s", problem)

    def _start(self, send: Callable[[], None]) -> None:
        def send_and_log() -> None:
            try:
                send()
            except Exception:
                log.exception("a message about an account could not be sent")

        threading.Timer(_DELAY, send_and_log).start()
