"""Signing in with an account elsewhere, by OpenID Connect, and the ports that keep it.

Source: OpenID Connect Core 1.0, https://openid.net/specs/openid-connect-core-1_0.html
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from broadsheet.domain.access import Principal
from broadsheet.domain.accounts import SignedIn
from broadsheet.domain.errors import BroadsheetError

Creation = Literal["invited", "anyone", "none"]
"""Who gets a new account at the first sign-in with a provider: whoever opens an invitation,
everybody who can sign in there, or nobody."""


class ProviderNotFoundError(BroadsheetError):
    """No provider of this name is set."""

    code = "not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"nobody signs in here with {name[:40]!r}; see the page to sign in")


class IdentityError(BroadsheetError):
    """Signing in with a provider failed; the message says why and what to do."""

    code = "unauthorized"


class IdentityUnknownError(BroadsheetError):
    """The provider knows the person, but no account here belongs to it."""

    code = "forbidden"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"no account here is linked to this one at {label}; sign in in another way and link "
            "it on the page Account, or ask the owner for an invitation"
        )


@dataclass(frozen=True, slots=True)
class Provider:
    """A service elsewhere that says who somebody is."""

    name: str
    label: str
    issuer: str
    create: Creation = "invited"


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody's account at a provider. ``subject`` never changes there; names do."""

    issuer: str
    subject: str
    account: str
    linked_at: dt.datetime


class IdentityStore(Protocol):
    """Which accounts elsewhere belong to which account here. Thread-safe and durable."""

    def find(self, issuer: str, subject: str) -> str | None:
        """Return the id of the account that an identity belongs to."""
        ...

    def add(self, identity: Identity) -> bool:
        """Link an identity; False if it belongs to an account already."""
        ...

    def of_account(self, account: str) -> Sequence[Identity]:
        """Return the identities of an account, the oldest first."""
        ...

    def remove(self, account: str, issuer: str, subject: str) -> bool:
        """Unlink an identity of this account; False if it has no such identity."""
        ...


@dataclass(frozen=True, slots=True)
class Begun:
    """The way to a provider: the address to go to, and the values that the browser keeps meanwhile."""

    address: str
    flow: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The way back: a new session, or None if an identity was linked; and where to go on."""

    signed_in: SignedIn | None
    there: str


class IdentityService(Protocol):
    """Signing in with accounts elsewhere, and linking them."""

    def providers(self) -> Sequence[Provider]:
        """Return the providers that are set, in their order."""
        ...

    def begin(
        self,
        provider: str,
        there: str = "/",
        invitation: str = "",
        principal: Principal | None = None,
    ) -> Begun:
        """Begin to sign in; with a ``principal``, to link. ``there`` is the path to go on to.

        Raises ProviderNotFoundError, and IdentityError if the provider cannot be reached.
        """
        ...

    def finish(
        self, provider: str, answer: Mapping[str, str], flow: str, principal: Principal, agent: str
    ) -> Finished:
        """Finish by the parameters that the provider sent the browser back with, and what the
        browser kept. Raises IdentityError, IdentityUnknownError, LinkNotFoundError for an
        invitation that was used meanwhile."""
        ...

    def own(self, principal: Principal) -> Sequence[Identity]:
        """Return one's own identities."""
        ...

    def unlink(self, principal: Principal, issuer: str, subject: str) -> None:
        """Unlink an identity of one's own. Raises InvalidInputError if it is the only way to
        sign in."""
        ...
