"""Signed links in messages: they work without a password, and nobody can forge or guess one.

A link to confirm expires. A link to unsubscribe, to change or to read works as long as the
subscription is the same one (its nonce is signed). The purpose of a link is part of its signature.
"""

from collections.abc import Callable

from broadsheet.domain.digest import (
    DigestStore,
    Purpose,
    Subscription,
    SubscriptionNotFoundError,
)
from broadsheet.domain.errors import BroadsheetError

CONFIRM_DAYS = 7


class LinkExpiredError(BroadsheetError):
    """A link is too old, or was made for another subscription of the same address."""

    code = "invalid"

    def __init__(self) -> None:
        super().__init__("this link has expired; subscribe again to get a new one")


class LinkSigner:
    """Makes and reads links of one library."""

    def __init__(self, read_secret: Callable[[], bytes], public_url: str) -> None:
        """``public_url`` is the service's public address, without a slash at the end."""
        self._read_secret = read_secret
        self.public_url = public_url.rstrip("/")

    def make(self, subscription: Subscription, purpose: Purpose) -> str:
        """The absolute address of a link."""
        from itsdangerous import URLSafeTimedSerializer

        serializer = URLSafeTimedSerializer(self._read_secret(), salt=f"digest {purpose}")
        token = serializer.dumps([subscription.id, subscription.nonce])
        return f"{self.public_url}/digest/{purpose}/{token}"

    def read(self, store: DigestStore, token: str, purpose: Purpose) -> Subscription:
        """The subscription that a link is for.

        Raises SubscriptionNotFoundError for a link that was never made here, LinkExpiredError
        for one that no longer holds.
        """
        from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

        serializer = URLSafeTimedSerializer(self._read_secret(), salt=f"digest {purpose}")
        age = CONFIRM_DAYS * 86400 if purpose == "confirm" else None
        try:
            number, nonce = serializer.loads(token, max_age=age)
        except SignatureExpired:
            raise LinkExpiredError from None
        except (BadData, ValueError, TypeError):
            raise SubscriptionNotFoundError(
                "this link is not complete; copy it as a whole from the message"
            ) from None
        subscription = store.find_subscription(int(number))
        if subscription is None or subscription.nonce != nonce:
            raise LinkExpiredError
        return subscription
