"""Signing in, and managing accounts; implements AccountService."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from broadsheet.domain.access import Principal, Role, has_role, require
from broadsheet.domain.accounts import (
    LINK_MINUTES,
    LONGEST_PASSWORD,
    TOKEN_PREFIX,
    AccessMode,
    AccessToken,
    Account,
    AccountNotFoundError,
    AccountStore,
    LinkNotFoundError,
    MailNotSetError,
    Session,
    SignedIn,
    SignInError,
    TooManyAttemptsError,
    check_name,
    check_role,
    check_scopes,
    fold_name,
)
from broadsheet.domain.comments import CommentStore, LogEntry
from broadsheet.domain.community import CommunityStore
from broadsheet.domain.errors import ForbiddenError, InvalidInputError

if TYPE_CHECKING:
    from broadsheet.services.account_mail import AccountMail

IDLE = dt.timedelta(days=14)
"""A session ends if it is not used for so long."""
TOTAL = dt.timedelta(days=60)
"""A session ends after so long in any case."""
TOUCH_AFTER = dt.timedelta(minutes=10)
"""How exactly the last use of a session is known; more would write at every request."""

WINDOW = dt.timedelta(minutes=15)
"""Failed attempts to sign in count for so long."""
PER_ACCOUNT = 10
PER_CLIENT = 30
"""Failed attempts within the window, for one account and from one network address."""
LINKS_PER_ACCOUNT = 5
LINKS_PER_CLIENT = 20
"""Links in the mail within the window, to one account and by one network address."""

_LONGEST_AGENT = 200
_MOST_DAYS = 3650
_PERSONAL_ROLES: dict[str, Role] = {"read": "reader", "write": "member"}


class LocalAccountService:
    """See AccountService."""

    def __init__(
        self,
        store: AccountStore,
        community: CommunityStore,
        comments: CommentStore,
        mode: AccessMode,
        mail: "AccountMail | None" = None,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        """``mail`` sends links; None if no mail server is set."""
        self._store = store
        self._mail = mail
        self._community = community
        self._comments = comments
        self._mode: AccessMode = mode
        self._clock = clock

    @property
    def mode(self) -> AccessMode:
        """See AccountService."""
        return self._mode

    # Signing in

    def find_session(self, token: str) -> tuple[Session, Principal] | None:
        """See AccountService."""
        now = self._clock()
        match = self._store.find_session(_hash(token), now, IDLE, TOTAL)
        if match is None:
            return None
        session, account = match
        if now - session.used_at > TOUCH_AFTER:
            self._store.touch_session(session.id, now)
        return session, account.principal

    def find_token(self, token: str) -> tuple[AccessToken, Principal] | None:
        """See AccountService."""
        match = self._store.find_token(_hash(token), self._clock())
        if match is None:
            return None
        access, account = match
        principal = account.principal
        if "manage" not in access.scopes:
            highest = _PERSONAL_ROLES["write" if "write" in access.scopes else "read"]
            if has_role(principal, highest):
                principal = replace(principal, role=highest)
        return access, principal

    def sign_in(self, name: str, password: str, client: str, agent: str = "") -> SignedIn:
        """See AccountService."""
        account = self._authenticate(name, password, client)
        return self._start_session(account, agent)

    def _authenticate(self, name: str, password: str, client: str) -> Account:
        """The account of a name and password. Takes the same time whichever is wrong."""
        now = self._clock()
        account = self._store.find(name)
        # Name and address of one account share a limit.
        subject = account.id if account else fold_name(name)[:200]
        names = [f"account:{subject}", f"client:{client}"]
        of_account, of_client = self._store.count_attempts(names, now - WINDOW)
        if of_account >= PER_ACCOUNT or of_client >= PER_CLIENT:
            raise TooManyAttemptsError(int(WINDOW.total_seconds()) // 60)
        # Imported late: the command line must start fast.
        from broadsheet.services.passwords import verify_password

        stored = self._store.password_hash(account.id) if account else ""
        fits = verify_password(password[: LONGEST_PASSWORD + 1], stored)
        if account is None or not fits or account.banned:
            self._store.add_attempts(names, now)
            raise SignInError
        if of_account:
            self._store.clear_attempts(names[0])
        return account

    def _start_session(self, account: Account, agent: str) -> SignedIn:
        token, now = secrets.token_urlsafe(32), self._clock()
        agent = "".join(c for c in agent if c.isprintable())[:_LONGEST_AGENT]
        self._store.start_session(Session(_hash(token), account.id, agent, now, now))
        return SignedIn(account, token)

    def sign_out(self, token: str) -> None:
        """See AccountService."""
        match = self.find_session(token)
        if match:
            self._store.end_session(match[1].id, match[0].id)

    # Links in the mail

    @property
    def sends_mail(self) -> bool:
        """See AccountService."""
        return self._mail is not None

    def request_link(self, name: str, client: str) -> None:
        """See AccountService. The account is looked up in the thread that sends the mail."""
        mail, now = self._get_mail(), self._clock()
        asking = f"link client:{client}"
        (of_client,) = self._store.count_attempts([asking], now - WINDOW)
        if of_client >= LINKS_PER_CLIENT:
            raise TooManyAttemptsError(int(WINDOW.total_seconds()) // 60)
        self._store.add_attempts([asking], now)
        mail.send_link(lambda: self._make_link(name))

    def _make_link(self, name: str) -> tuple[Account, str] | None:
        account, now = self._store.find(name), self._clock()
        if account is None or account.banned or not account.confirmed:
            return None
        receiving = f"link account:{account.id}"
        (of_account,) = self._store.count_attempts([receiving], now - WINDOW)
        if of_account >= LINKS_PER_ACCOUNT:
            return None
        self._store.add_attempts([receiving], now)
        token = secrets.token_urlsafe(32)
        expires_at = now + dt.timedelta(minutes=LINK_MINUTES)
        self._store.add_sign_in_link(_hash(token), account.id, expires_at)
        return account, token

    def find_link(self, token: str) -> Account:
        """See AccountService."""
        account = self._store.find_sign_in_link(_hash(token), self._clock())
        if account is None:
            raise LinkNotFoundError
        return account

    def sign_in_by_link(self, token: str, agent: str = "") -> SignedIn:
        """See AccountService."""
        account = self._store.use_sign_in_link(_hash(token), self._clock())
        if account is None:
            raise LinkNotFoundError
        return self._start_session(account, agent)

    # Who is known elsewhere; see LocalIdentityService

    def sign_in_known(self, account_id: str, agent: str) -> SignedIn:
        """Start a session for somebody whom a provider has identified. Raises SignInError for
        an account that is banned or gone."""
        account = self._store.find_by_id(account_id)
        if account is None or account.banned:
            raise SignInError
        return self._start_session(account, agent)

    def create_known(self, name: str, address: str, invitation: str, agent: str) -> SignedIn:
        """Add an account without a password for somebody whom a provider has identified, by an
        invitation if there is one, else as a member; start a session.

        ``address`` is confirmed by the provider. Raises LinkNotFoundError, and ForbiddenError
        for the first account, which would be the owner's.
        """
        if not self._store.accounts():
            raise ForbiddenError("`broadsheet accounts add` makes the first account, the owner's")
        address = _check_address(address) if address else ""
        if address and self._store.find(address):
            address = ""
        now = self._clock()
        account = Account(
            secrets.token_hex(8), name, "member", address, now, confirmed=bool(address)
        )
        if not invitation:
            return self._start_session(self._store.add(account, ""), agent)
        accepted = self._store.accept_invitation(_hash(invitation), account, "", now)
        if accepted is None:
            raise LinkNotFoundError
        return self._start_session(accepted, agent)

    def own(self, principal: Principal) -> Account | None:
        """See AccountService."""
        require(principal, "keep_personal")
        return self._store.find_by_id(principal.id)

    def request_address(self, principal: Principal, address: str) -> str:
        """See AccountService."""
        account = self.own(principal)
        mail, now = self._get_mail(), self._clock()
        if account is None:
            raise ForbiddenError("only an account has an address")
        address = _check_address(address)
        asking = f"address account:{account.id}"
        (of_account,) = self._store.count_attempts([asking], now - WINDOW)
        if of_account >= LINKS_PER_ACCOUNT:
            raise TooManyAttemptsError(int(WINDOW.total_seconds()) // 60)
        self._store.add_attempts([asking], now)
        mail.send_confirmation(account, address)
        return address

    def confirm_address(self, principal: Principal, token: str) -> str:
        """See AccountService."""
        require(principal, "keep_personal")
        account_id, address = self._get_mail().read_confirmation(token)
        if account_id != principal.id:
            raise LinkNotFoundError
        self._store.confirm_address(account_id, address, self._clock())
        return address

    def _get_mail(self) -> "AccountMail":
        if self._mail is None:
            raise MailNotSetError
        return self._mail

    # Managing accounts

    def add(
        self, principal: Principal, name: str, role: Role, password: str, address: str = ""
    ) -> Account:
        """See AccountService."""
        require(principal, "manage_accounts")
        account, password_hash = self._new_account(name, role, password, address)
        # The owner vouches for the address.
        return self._store.add(replace(account, confirmed=bool(account.address)), password_hash)

    def _new_account(
        self, name: str, role: Role, password: str, address: str
    ) -> tuple[Account, str]:
        from broadsheet.services.passwords import check_password, hash_password

        name = check_name(name)
        if address:
            address = _check_address(address)
        check_password(password, name)
        account = Account(
            secrets.token_hex(8), name, check_role(role), address, self._clock(), False, ""
        )
        return account, hash_password(password)

    def accounts(self, principal: Principal) -> Sequence[Account]:
        """See AccountService."""
        require(principal, "manage_accounts")
        return self._store.accounts()

    def get(self, principal: Principal, name: str) -> Account:
        """See AccountService."""
        require(principal, "manage_accounts")
        return self._get(name)

    def set_role(self, principal: Principal, name: str, role: Role) -> Account:
        """See AccountService."""
        require(principal, "manage_accounts")
        account = self._get(name)
        self._store.set_role(account.id, check_role(role))
        return self._get(name)

    def ban(self, principal: Principal, name: str, reason: str) -> Account:
        """See AccountService."""
        require(principal, "manage_accounts")
        if not reason.strip():
            raise InvalidInputError("a ban needs a reason; it is shown to everybody")
        account = self._get(name)
        reason = " ".join(reason.split())[:500]
        self._store.set_banned(account.id, True, reason)
        votes = self._community.withdraw_votes(account.id, self._clock())
        self._record(principal, f"banned {account.name}, votes withdrawn: {votes}", reason)
        return self._get(name)

    def unban(self, principal: Principal, name: str) -> Account:
        """See AccountService."""
        require(principal, "manage_accounts")
        account = self._get(name)
        self._store.set_banned(account.id, False, "")
        self._record(principal, f"lifted the ban of {account.name}", "")
        return self._get(name)

    def delete(self, principal: Principal, name: str) -> None:
        """See AccountService."""
        account = self._store.find(name)
        own = account is not None and account.id == principal.id
        require(principal, "keep_personal" if own else "manage_accounts")
        if account is None:
            raise AccountNotFoundError(name)
        self._store.delete(account.id)
        self._community.remove_account(account.id, self._clock())
        self._comments.remove_account(account.id)

    def _record(self, principal: Principal, action: str, reason: str) -> None:
        self._comments.add_log_entry(LogEntry(self._clock(), principal.name, action, reason))

    def _get(self, name: str) -> Account:
        account = self._store.find(name)
        if account is None:
            raise AccountNotFoundError(name)
        return account

    # Invitations

    def invite(self, principal: Principal, role: Role, days: int = 7) -> str:
        """See AccountService."""
        require(principal, "manage_accounts")
        expires_at = self._clock() + dt.timedelta(_check_days(days))
        token = secrets.token_urlsafe(24)
        self._store.add_invitation(_hash(token), check_role(role), principal.id, expires_at)
        return token

    def find_invitation(self, token: str) -> Role:
        """See AccountService."""
        role = self._store.find_invitation(_hash(token), self._clock())
        if role is None:
            raise LinkNotFoundError
        return role

    def accept_invitation(
        self, token: str, name: str, password: str, address: str, agent: str = ""
    ) -> SignedIn:
        """See AccountService."""
        role = self.find_invitation(token)
        account, password_hash = self._new_account(name, role, password, address)
        accepted = self._store.accept_invitation(
            _hash(token), account, password_hash, self._clock()
        )
        if accepted is None:
            raise LinkNotFoundError
        if self._mail and accepted.address:
            self._mail.send_confirmation(accepted, accepted.address)
        return self._start_session(accepted, agent)

    # Of one's own account

    def reset_password(self, principal: Principal, name: str, password: str) -> None:
        """See AccountService."""
        require(principal, "manage_accounts")
        account = self._get(name)
        from broadsheet.services.passwords import check_password, hash_password

        check_password(password, account.name)
        self._store.set_password(account.id, hash_password(password))

    def change_password(
        self, principal: Principal, old: str, new: str, client: str, session: str
    ) -> None:
        """See AccountService."""
        require(principal, "keep_personal")
        account = self._authenticate(principal.name, old, client)
        from broadsheet.services.passwords import check_password, hash_password

        check_password(new, account.name)
        self._store.set_password(account.id, hash_password(new), keep_session=session)

    def sessions(self, principal: Principal) -> Sequence[Session]:
        """See AccountService."""
        require(principal, "keep_personal")
        return self._store.sessions(principal.id)

    def end_session(self, principal: Principal, session_id: str) -> None:
        """See AccountService."""
        require(principal, "keep_personal")
        if not self._store.end_session(principal.id, session_id):
            raise InvalidInputError("you have no such session; it may have ended already")

    def create_token(
        self, principal: Principal, name: str, scopes: Sequence[str], days: int | None = None
    ) -> tuple[AccessToken, str]:
        """See AccountService."""
        require(principal, "keep_personal")
        return self._add_token(principal.id, name, scopes, days)

    def create_token_for(
        self, principal: Principal, account: str, name: str, scopes: Sequence[str]
    ) -> tuple[AccessToken, str]:
        """See AccountService."""
        require(principal, "manage_accounts")
        return self._add_token(self._get(account).id, name, scopes, None)

    def _add_token(
        self, account_id: str, name: str, scopes: Sequence[str], days: int | None
    ) -> tuple[AccessToken, str]:
        if self._store.find_by_id(account_id) is None:
            raise ForbiddenError(
                "access tokens need an account; `broadsheet accounts add` makes one"
            )
        now, secret = self._clock(), TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = AccessToken(
            secrets.token_hex(8),
            account_id,
            " ".join(name.split())[:60] or "token",
            check_scopes(scopes),
            now,
            now + dt.timedelta(_check_days(days)) if days else None,
        )
        self._store.add_token(token, _hash(secret))
        return token, secret

    def tokens(self, principal: Principal) -> Sequence[AccessToken]:
        """See AccountService."""
        require(principal, "keep_personal")
        return self._store.tokens(principal.id)

    def remove_token(self, principal: Principal, token_id: str) -> None:
        """See AccountService."""
        require(principal, "keep_personal")
        if not self._store.remove_token(principal.id, token_id):
            raise InvalidInputError("you have no such token; it may be removed already")


def _hash(token: str) -> str:
    """Hash a random token; it has too many bits to be guessed from a fast hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _check_address(address: str) -> str:
    # Imported late: the command line must start fast.
    from broadsheet.digest.message import check_address

    return check_address(address)


def _check_days(days: int) -> int:
    if not 1 <= days <= _MOST_DAYS:
        raise InvalidInputError(f"give 1 to {_MOST_DAYS} days, not {days}")
    return days
