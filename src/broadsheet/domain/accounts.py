"""Accounts of a group: who they are, how they sign in, and the ports that keep them."""

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from broadsheet.domain.access import ROLES, Principal, Role
from broadsheet.domain.errors import BroadsheetError, InvalidInputError

AccessMode = Literal["one", "private", "open"]
"""Who uses the service: its owner alone without signing in, members only, or everybody to
read and members to act."""

Scope = Literal["read", "write", "manage", "feeds"]
"""What an access token permits: reading, a member's actions, those of higher roles, and reading
feeds by an address that contains the token."""

SCOPES: tuple[Scope, ...] = ("read", "write", "manage", "feeds")

FIRST_ID = "owner"
"""Id of the first account. It is that of the owner of a library for one person, so votes and
collections made before there were accounts stay the owner's."""

LONGEST_NAME = 40
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256

LINK_MINUTES = 15
"""A link in the mail signs in for so long."""

TOKEN_PREFIX = "bs_"
"""How every access token begins."""


class AccountNotFoundError(BroadsheetError):
    """No account has this name."""

    code = "not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no account {name[:60]!r}; `broadsheet accounts list` shows all")


class SignInError(BroadsheetError):
    """Name and password do not fit together. Says the same whichever of them is wrong."""

    code = "unauthorized"

    def __init__(self) -> None:
        super().__init__("this name and password do not fit together; check both and try again")


class TooManyAttemptsError(BroadsheetError):
    """Somebody tries to sign in too often."""

    code = "too_many"

    def __init__(self, minutes: int) -> None:
        super().__init__(f"too many attempts to sign in; wait {minutes} minutes, then try again")


class LinkNotFoundError(BroadsheetError):
    """An invitation or sign-in link is unknown, used or expired. Does not say which."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "this link was used already, has expired, or was never made; ask for another"
        )


class MailNotSetError(BroadsheetError):
    """This service sends no mail, so there are no links in it."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "this service sends no mail; sign in with a password, or ask the owner for a new one"
        )


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account. ``reason`` says why it is banned; "" if it is not."""

    id: str
    name: str
    role: Role
    address: str
    created_at: dt.datetime
    banned: bool = False
    reason: str = ""
    confirmed: bool = False
    """Whether mail to ``address`` proved to arrive at this person."""

    @property
    def principal(self) -> Principal:
        """The account as the one who acts."""
        return Principal(self.id, self.name, self.role)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in. ``id`` is a hash of the token in its cookie."""

    id: str
    account: str
    agent: str
    """The browser, as it names itself."""
    created_at: dt.datetime
    used_at: dt.datetime


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token for programs. The token itself is shown once and not kept."""

    id: str
    account: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: dt.datetime
    expires_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: its account, and the token that goes into the cookie."""

    account: Account
    token: str


class AccountStore(Protocol):
    """Accounts, sessions, tokens and invitations in the library's database.

    Thread-safe; every write is durable before it returns. Hashes are hexadecimal; secrets
    themselves are never given to it.
    """

    def add(self, account: Account, password_hash: str) -> Account:
        """Add an account. The first one gets FIRST_ID and the role owner, whatever is given.
        Raises InvalidInputError if name or address is in use."""
        ...

    def find(self, name: str) -> Account | None:
        """Return the account of this name (``fold_name``) or address."""
        ...

    def find_by_id(self, account_id: str) -> Account | None:
        """Return the account with this id."""
        ...

    def password_hash(self, account_id: str) -> str:
        """Return the account's password hash; "" if it has none."""
        ...

    def set_password(self, account_id: str, password_hash: str, keep_session: str = "") -> None:
        """Change the password and end all sessions but ``keep_session``."""
        ...

    def accounts(self) -> Sequence[Account]:
        """Return all accounts by age."""
        ...

    def set_role(self, account_id: str, role: Role) -> None:
        """Change a role. Raises InvalidInputError if no owner would be left."""
        ...

    def set_banned(self, account_id: str, banned: bool, reason: str) -> None:
        """Ban an account, which ends its sessions and tokens, or lift the ban. Raises
        InvalidInputError if no owner would be left."""
        ...

    def delete(self, account_id: str) -> None:
        """Delete an account with its sessions, tokens, invitations. Raises InvalidInputError
        if it is the last owner beside other accounts."""
        ...

    def start_session(self, session: Session) -> None:
        """Keep a session."""
        ...

    def find_session(
        self, session_id: str, now: dt.datetime, idle: dt.timedelta, total: dt.timedelta
    ) -> tuple[Session, Account] | None:
        """Return a session that has not expired, of an account that is not banned."""
        ...

    def touch_session(self, session_id: str, now: dt.datetime) -> None:
        """Note that a session is in use."""
        ...

    def sessions(self, account_id: str) -> Sequence[Session]:
        """Return the sessions of an account, the latest used first."""
        ...

    def end_session(self, account_id: str, session_id: str) -> bool:
        """End a session of this account; False if it has no such session."""
        ...

    def add_token(self, token: AccessToken, token_hash: str) -> None:
        """Keep an access token."""
        ...

    def find_token(self, token_hash: str, now: dt.datetime) -> tuple[AccessToken, Account] | None:
        """Return a token that has not expired, of an account that is not banned."""
        ...

    def tokens(self, account_id: str) -> Sequence[AccessToken]:
        """Return the tokens of an account, the newest first."""
        ...

    def remove_token(self, account_id: str, token_id: str) -> bool:
        """Remove a token of this account; False if it has no such token."""
        ...

    def add_invitation(self, link_hash: str, role: Role, by: str, expires_at: dt.datetime) -> None:
        """Keep an invitation."""
        ...

    def find_invitation(self, link_hash: str, now: dt.datetime) -> Role | None:
        """Return the role that an open invitation gives."""
        ...

    def accept_invitation(
        self, link_hash: str, account: Account, password_hash: str, now: dt.datetime
    ) -> Account | None:
        """Use up an invitation and add its account in one step; None if it is not open."""
        ...

    def confirm_address(self, account_id: str, address: str, now: dt.datetime) -> None:
        """Give an account this address, which is confirmed. Raises InvalidInputError if another
        account has it."""
        ...

    def add_sign_in_link(self, link_hash: str, account_id: str, expires_at: dt.datetime) -> None:
        """Keep a link that signs in."""
        ...

    def find_sign_in_link(self, link_hash: str, now: dt.datetime) -> Account | None:
        """Return the account that an open link signs in; None for a banned one too."""
        ...

    def use_sign_in_link(self, link_hash: str, now: dt.datetime) -> Account | None:
        """Use up a link and return its account; None if it is not open. Of two calls at once,
        one gets the account."""
        ...

    def count_attempts(self, names: Sequence[str], since: dt.datetime) -> Sequence[int]:
        """Count the failed attempts to sign in under each of these names since then."""
        ...

    def add_attempts(self, names: Sequence[str], now: dt.datetime) -> None:
        """Note a failed attempt under each of these names, and forget those of yesterday."""
        ...

    def clear_attempts(self, name: str) -> None:
        """Forget the failed attempts under this name."""
        ...


class AccountService(Protocol):
    """Signing in, and managing accounts."""

    @property
    def mode(self) -> AccessMode:
        """Who uses this service."""
        ...

    def find_session(self, token: str) -> tuple[Session, Principal] | None:
        """Return the session of a cookie's token, and who is signed in by it."""
        ...

    def find_token(self, token: str) -> tuple[AccessToken, Principal] | None:
        """Return an access token, and who acts by it. Without the scope "manage" the role is
        a member's at most; without "write" it is a reader's."""
        ...

    def sign_in(self, name: str, password: str, client: str, agent: str = "") -> SignedIn:
        """Start a session. ``client`` is the address of the network that asks, ``agent`` the
        browser. Raises SignInError, TooManyAttemptsError."""
        ...

    def sign_out(self, token: str) -> None:
        """End the session of a cookie's token."""
        ...

    @property
    def sends_mail(self) -> bool:
        """Whether links can be sent by mail."""
        ...

    def request_link(self, name: str, client: str) -> None:
        """Mail a link that signs in to the confirmed address of the account of this name or
        address. Does the same, and takes the same time, if there is none. Raises
        TooManyAttemptsError if the network address ``client`` asks too often."""
        ...

    def find_link(self, token: str) -> Account:
        """Return the account that a link signs in. Raises LinkNotFoundError."""
        ...

    def sign_in_by_link(self, token: str, agent: str = "") -> SignedIn:
        """Start a session by a link, which works once. Raises LinkNotFoundError."""
        ...

    def own(self, principal: Principal) -> Account | None:
        """Return one's own account; None for the owner of a library without accounts."""
        ...

    def request_address(self, principal: Principal, address: str) -> str:
        """Mail a link that confirms an address of one's own account; return the address as it
        is kept. Raises InvalidInputError for one that is none, TooManyAttemptsError."""
        ...

    def confirm_address(self, principal: Principal, token: str) -> str:
        """Confirm the address of a link, which becomes that of one's own account. Raises
        LinkNotFoundError if the link is of another account, InvalidInputError if another account
        has the address."""
        ...

    def add(
        self, principal: Principal, name: str, role: Role, password: str, address: str = ""
    ) -> Account:
        """Add an account; the first is an owner's. Raises InvalidInputError for a name,
        password or address that cannot be."""
        ...

    def accounts(self, principal: Principal) -> Sequence[Account]:
        """Return all accounts by age."""
        ...

    def get(self, principal: Principal, name: str) -> Account:
        """Return the account of this name or address. Raises AccountNotFoundError."""
        ...

    def set_role(self, principal: Principal, name: str, role: Role) -> Account:
        """Change the role of an account, effective at its next request."""
        ...

    def ban(self, principal: Principal, name: str, reason: str) -> Account:
        """Ban an account: its sessions and tokens end. Raises InvalidInputError without a
        reason, and for the last owner."""
        ...

    def unban(self, principal: Principal, name: str) -> Account:
        """Lift a ban."""
        ...

    def delete(self, principal: Principal, name: str) -> None:
        """Delete an account: one's own, or, as an owner, any."""
        ...

    def invite(self, principal: Principal, role: Role, days: int = 7) -> str:
        """Return the token of a new invitation, which can be used once within ``days``."""
        ...

    def find_invitation(self, token: str) -> Role:
        """Return the role that an invitation gives. Raises LinkNotFoundError."""
        ...

    def accept_invitation(
        self, token: str, name: str, password: str, address: str, agent: str = ""
    ) -> SignedIn:
        """Make an account by an invitation, and sign in. Raises LinkNotFoundError, and
        InvalidInputError as ``add``."""
        ...

    def reset_password(self, principal: Principal, name: str, password: str) -> None:
        """Give an account a new password, as an owner; its sessions end."""
        ...

    def change_password(
        self, principal: Principal, old: str, new: str, client: str, session: str
    ) -> None:
        """Change one's own password; all other sessions end. Raises SignInError."""
        ...

    def sessions(self, principal: Principal) -> Sequence[Session]:
        """Return one's own sessions."""
        ...

    def end_session(self, principal: Principal, session_id: str) -> None:
        """End one of one's own sessions."""
        ...

    def create_token(
        self, principal: Principal, name: str, scopes: Sequence[str], days: int | None = None
    ) -> tuple[AccessToken, str]:
        """Make an access token of one's own; the second value is shown once."""
        ...

    def create_token_for(
        self, principal: Principal, account: str, name: str, scopes: Sequence[str]
    ) -> tuple[AccessToken, str]:
        """Make an access token for an account, as an owner."""
        ...

    def tokens(self, principal: Principal) -> Sequence[AccessToken]:
        """Return one's own access tokens."""
        ...

    def remove_token(self, principal: Principal, token_id: str) -> None:
        """Remove one of one's own access tokens."""
        ...


def fold_name(name: str) -> str:
    """The form in which names are compared, so that no two look alike but for case or width.

    >>> fold_name(" Ada "), fold_name("ＡＤＡ")
    ('ada', 'ada')
    """
    return unicodedata.normalize("NFKC", name).strip().casefold()


def check_name(name: str) -> str:
    """Return a name that an account can have; raises InvalidInputError for any other.

    Letters, digits, space, dot, hyphen and underscore, so that a name can be mentioned and
    passes through any page, mail or feed.
    """
    name = " ".join(unicodedata.normalize("NFKC", name).split())
    legal = all(character.isalnum() or character in " .-_" for character in name)
    if not name or len(name) > LONGEST_NAME or not legal or not name[0].isalnum():
        raise InvalidInputError(
            f"a name has 1 to {LONGEST_NAME} letters, digits, spaces, dots, hyphens or "
            "underscores and begins with a letter or digit"
        )
    return name


def check_role(role: str) -> Role:
    """Return a role that an account can have; raises InvalidInputError for any other."""
    for role_name in ROLES[1:]:
        if role == role_name:
            return role_name
    raise InvalidInputError(f"{role[:40]!r} is no role; the roles are: {', '.join(ROLES[1:])}")


def check_scopes(scopes: Sequence[str]) -> tuple[Scope, ...]:
    """Return scopes in their order; raises InvalidInputError for none or an unknown one."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise InvalidInputError(
            (f"{unknown[0][:40]!r} is no scope" if unknown else "a token needs a scope")
            + f"; the scopes are: {', '.join(SCOPES)}"
        )
    return tuple(scope for scope in SCOPES if scope in scopes)
