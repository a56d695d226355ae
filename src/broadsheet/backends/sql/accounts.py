"""Accounts, sessions, tokens and invitations; implements AccountStore."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.rows import number_of_time, time_of_number
from broadsheet.backends.sql.tables import (
    access_tokens,
    accounts,
    identities,
    invitations,
    sessions,
    sign_in_attempts,
    sign_in_links,
)
from broadsheet.domain.access import Role
from broadsheet.domain.accounts import (
    FIRST_ID,
    AccessToken,
    Account,
    Scope,
    Session,
    fold_name,
)
from broadsheet.domain.errors import InvalidInputError

_ATTEMPTS_KEPT = dt.timedelta(days=1)
_IN_USE = "an account with this name or address is here already"

_ACCOUNT = (
    accounts.c.id,
    accounts.c.name,
    accounts.c.role,
    accounts.c.address,
    accounts.c.created_at,
    accounts.c.banned,
    accounts.c.reason,
    accounts.c.confirmed_at,
)


class SqlAccountStore:
    """See AccountStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, account: Account, password_hash: str) -> Account:
        """See AccountStore."""
        with write_transaction(self._engine) as connection:
            return _insert(connection, account, password_hash)

    def find(self, name: str) -> Account | None:
        """See AccountStore."""
        folded = fold_name(name)
        return self._find(sa.or_(accounts.c.folded_name == folded, accounts.c.address == folded))

    def find_by_id(self, account_id: str) -> Account | None:
        """See AccountStore."""
        return self._find(accounts.c.id == account_id)

    def _find(self, condition: sa.ColumnElement[bool]) -> Account | None:
        with read_transaction(self._engine) as connection:
            row = connection.execute(sa.select(*_ACCOUNT).where(condition)).first()
        return _account_of_row(row) if row else None

    def password_hash(self, account_id: str) -> str:
        """See AccountStore."""
        query = sa.select(accounts.c.password).where(accounts.c.id == account_id)
        with read_transaction(self._engine) as connection:
            return str(connection.execute(query).scalar() or "")

    def set_password(self, account_id: str, password_hash: str, keep_session: str = "") -> None:
        """See AccountStore."""
        others = sa.and_(sessions.c.account == account_id, sessions.c.id != keep_session)
        with write_transaction(self._engine) as connection:
            _update(connection, account_id, password=password_hash)
            connection.execute(sa.delete(sessions).where(others))
            _remove_links(connection, account_id)

    def accounts(self) -> Sequence[Account]:
        """See AccountStore."""
        query = sa.select(*_ACCOUNT).order_by(accounts.c.created_at, accounts.c.id)
        with read_transaction(self._engine) as connection:
            return [_account_of_row(row) for row in connection.execute(query)]

    def set_role(self, account_id: str, role: Role) -> None:
        """See AccountStore."""
        with write_transaction(self._engine) as connection:
            if role != "owner":
                _require_another_owner(connection, account_id)
            _update(connection, account_id, role=role)

    def set_banned(self, account_id: str, banned: bool, reason: str) -> None:
        """See AccountStore."""
        with write_transaction(self._engine) as connection:
            if banned:
                _require_another_owner(connection, account_id)
                _end_access(connection, account_id)
            _update(connection, account_id, banned=int(banned), reason=reason)

    def delete(self, account_id: str) -> None:
        """See AccountStore."""
        with write_transaction(self._engine) as connection:
            others = sa.select(sa.func.count()).where(accounts.c.id != account_id)
            if connection.execute(others).scalar():
                _require_another_owner(connection, account_id)
            _end_access(connection, account_id)
            connection.execute(sa.delete(invitations).where(invitations.c.account == account_id))
            connection.execute(sa.delete(identities).where(identities.c.account == account_id))
            connection.execute(sa.delete(accounts).where(accounts.c.id == account_id))

    # Sessions

    def start_session(self, session: Session) -> None:
        """See AccountStore."""
        with write_transaction(self._engine) as connection:
            connection.execute(
                sa.insert(sessions).values(
                    id=session.id,
                    account=session.account,
                    agent=session.agent,
                    created_at=number_of_time(session.created_at),
                    used_at=number_of_time(session.used_at),
                )
            )

    def find_session(
        self, session_id: str, now: dt.datetime, idle: dt.timedelta, total: dt.timedelta
    ) -> tuple[Session, Account] | None:
        """See AccountStore."""
        query = (
            sa.select(*_ACCOUNT, *sessions.c)
            .join_from(sessions, accounts, accounts.c.id == sessions.c.account)
            .where(
                sessions.c.id == session_id,
                accounts.c.banned == 0,
                sessions.c.used_at > number_of_time(now - idle),
                sessions.c.created_at > number_of_time(now - total),
            )
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return _session_of_row(row[len(_ACCOUNT) :]), _account_of_row(row[: len(_ACCOUNT)])

    def touch_session(self, session_id: str, now: dt.datetime) -> None:
        """See AccountStore. Not durable: a lost moment of use only ends a session earlier."""
        update = sa.update(sessions).where(sessions.c.id == session_id)
        with write_transaction(self._engine, durable=False) as connection:
            connection.execute(update.values(used_at=number_of_time(now)))

    def sessions(self, account_id: str) -> Sequence[Session]:
        """See AccountStore."""
        query = sa.select(*sessions.c).where(sessions.c.account == account_id)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(sessions.c.used_at.desc())).all()
        return [_session_of_row(row) for row in rows]

    def end_session(self, account_id: str, session_id: str) -> bool:
        """See AccountStore."""
        own = sa.and_(sessions.c.account == account_id, sessions.c.id == session_id)
        with write_transaction(self._engine) as connection:
            return bool(connection.execute(sa.delete(sessions).where(own)).rowcount)

    # Access tokens

    def add_token(self, token: AccessToken, token_hash: str) -> None:
        """See AccountStore."""
        with write_transaction(self._engine) as connection:
            connection.execute(
                sa.insert(access_tokens).values(
                    id=token.id,
                    hash=token_hash,
                    account=token.account,
                    name=token.name,
                    scopes=" ".join(token.scopes),
                    created_at=number_of_time(token.created_at),
                    expires_at=number_of_time(token.expires_at) if token.expires_at else None,
                )
            )

    def find_token(self, token_hash: str, now: dt.datetime) -> tuple[AccessToken, Account] | None:
        """See AccountStore."""
        tokens = access_tokens.c
        query = (
            sa.select(*_ACCOUNT, *tokens)
            .join_from(access_tokens, accounts, accounts.c.id == tokens.account)
            .where(
                tokens.hash == token_hash,
                accounts.c.banned == 0,
                sa.or_(tokens.expires_at.is_(None), tokens.expires_at > number_of_time(now)),
            )
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return _token_of_row(row[len(_ACCOUNT) :]), _account_of_row(row[: len(_ACCOUNT)])

    def tokens(self, account_id: str) -> Sequence[AccessToken]:
        """See AccountStore."""
        query = sa.select(*access_tokens.c).where(access_tokens.c.account == account_id)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(access_tokens.c.created_at.desc())).all()
        return [_token_of_row(row) for row in rows]

    def remove_token(self, account_id: str, token_id: str) -> bool:
        """See AccountStore."""
        own = sa.and_(access_tokens.c.account == account_id, access_tokens.c.id == token_id)
        with write_transaction(self._engine) as connection:
            return bool(connection.execute(sa.delete(access_tokens).where(own)).rowcount)

    # Invitations

    def add_invitation(self, link_hash: str, role: Role, by: str, expires_at: dt.datetime) -> None:
        """See AccountStore."""
        values = {
            "hash": link_hash,
            "role": role,
            "account": by,
            "expires_at": number_of_time(expires_at),
        }
        with write_transaction(self._engine) as connection:
            connection.execute(sa.insert(invitations).values(values))

    def find_invitation(self, link_hash: str, now: dt.datetime) -> Role | None:
        """See AccountStore."""
        with read_transaction(self._engine) as connection:
            return _open_invitation(connection, link_hash, now)

    def accept_invitation(
        self, link_hash: str, account: Account, password_hash: str, now: dt.datetime
    ) -> Account | None:
        """See AccountStore."""
        with write_transaction(self._engine) as connection:
            role = _open_invitation(connection, link_hash, now)
            if role is None:
                return None
            connection.execute(sa.delete(invitations).where(invitations.c.hash == link_hash))
            return _insert(connection, replace(account, role=role), password_hash)

    # Links in the mail

    def confirm_address(self, account_id: str, address: str, now: dt.datetime) -> None:
        """See AccountStore."""
        folded = fold_name(address)
        others = sa.select(accounts.c.id).where(
            accounts.c.id != account_id,
            sa.or_(accounts.c.folded_name == folded, accounts.c.address == folded),
        )
        with write_transaction(self._engine) as connection:
            if connection.execute(others).first():
                raise InvalidInputError(_IN_USE)
            _remove_links(connection, account_id)
            _update(connection, account_id, address=folded, confirmed_at=number_of_time(now))

    def add_sign_in_link(self, link_hash: str, account_id: str, expires_at: dt.datetime) -> None:
        """See AccountStore."""
        values = {
            "hash": link_hash,
            "account": account_id,
            "expires_at": number_of_time(expires_at),
        }
        with write_transaction(self._engine) as connection:
            connection.execute(sa.insert(sign_in_links).values(values))

    def find_sign_in_link(self, link_hash: str, now: dt.datetime) -> Account | None:
        """See AccountStore."""
        with read_transaction(self._engine) as connection:
            return _open_link(connection, link_hash, now)

    def use_sign_in_link(self, link_hash: str, now: dt.datetime) -> Account | None:
        """See AccountStore."""
        expired = sign_in_links.c.expires_at <= number_of_time(now)
        with write_transaction(self._engine) as connection:
            account = _open_link(connection, link_hash, now)
            used = sign_in_links.c.hash == link_hash
            removed = connection.execute(sa.delete(sign_in_links).where(used)).rowcount
            connection.execute(sa.delete(sign_in_links).where(expired))
            return account if removed else None

    # Attempts

    def count_attempts(self, names: Sequence[str], since: dt.datetime) -> Sequence[int]:
        """See AccountStore."""
        attempts = sign_in_attempts.c
        query = (
            sa.select(attempts.name, sa.func.count())
            .where(attempts.name.in_(names), attempts.at > number_of_time(since))
            .group_by(attempts.name)
        )
        with read_transaction(self._engine) as connection:
            counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
        return [counts.get(name, 0) for name in names]

    def add_attempts(self, names: Sequence[str], now: dt.datetime) -> None:
        """See AccountStore."""
        old = sign_in_attempts.c.at < number_of_time(now - _ATTEMPTS_KEPT)
        with write_transaction(self._engine, durable=False) as connection:
            connection.execute(sa.delete(sign_in_attempts).where(old))
            rows = [{"name": name, "at": number_of_time(now)} for name in names]
            connection.execute(sa.insert(sign_in_attempts), rows)

    def clear_attempts(self, name: str) -> None:
        """See AccountStore."""
        with write_transaction(self._engine, durable=False) as connection:
            connection.execute(sa.delete(sign_in_attempts).where(sign_in_attempts.c.name == name))


def _insert(connection: Connection, account: Account, password_hash: str) -> Account:
    if not connection.execute(sa.select(sa.func.count()).select_from(accounts)).scalar():
        account = replace(account, id=FIRST_ID, role="owner")
    folded = fold_name(account.name)
    address = fold_name(account.address) or None
    same_name = sa.or_(
        accounts.c.folded_name.in_([folded, address or folded]),
        accounts.c.address.in_([folded, address or folded]),
    )
    if connection.execute(sa.select(accounts.c.id).where(same_name)).first():
        raise InvalidInputError(_IN_USE)
    connection.execute(
        sa.insert(accounts).values(
            id=account.id,
            name=account.name,
            folded_name=folded,
            address=address,
            role=account.role,
            password=password_hash,
            created_at=number_of_time(account.created_at),
            banned=0,
            reason="",
            confirmed_at=number_of_time(account.created_at) if account.confirmed else None,
        )
    )
    return account


def _update(connection: Connection, account_id: str, **values: object) -> None:
    connection.execute(sa.update(accounts).where(accounts.c.id == account_id).values(**values))


def _end_access(connection: Connection, account_id: str) -> None:
    for table in (sessions, access_tokens, sign_in_links):
        connection.execute(sa.delete(table).where(table.c.account == account_id))


def _remove_links(connection: Connection, account_id: str) -> None:
    connection.execute(sa.delete(sign_in_links).where(sign_in_links.c.account == account_id))


def _open_link(connection: Connection, link_hash: str, now: dt.datetime) -> Account | None:
    query = (
        sa.select(*_ACCOUNT)
        .join_from(sign_in_links, accounts, accounts.c.id == sign_in_links.c.account)
        .where(
            sign_in_links.c.hash == link_hash,
            sign_in_links.c.expires_at > number_of_time(now),
            accounts.c.banned == 0,
        )
    )
    row = connection.execute(query).first()
    return _account_of_row(row) if row else None


def _require_another_owner(connection: Connection, account_id: str) -> None:
    owners = sa.select(accounts.c.id).where(accounts.c.role == "owner", accounts.c.banned == 0)
    ids = {row[0] for row in connection.execute(owners)}
    if ids == {account_id}:
        raise InvalidInputError("this is the last owner; give another account the role owner first")


def _open_invitation(connection: Connection, link_hash: str, now: dt.datetime) -> Role | None:
    query = sa.select(invitations.c.role).where(
        invitations.c.hash == link_hash, invitations.c.expires_at > number_of_time(now)
    )
    return cast("Role | None", connection.execute(query).scalar())


def _account_of_row(row: Sequence[Any]) -> Account:
    account_id, name, role, address, created_at, banned, reason, confirmed_at = row
    return Account(
        account_id,
        name,
        role,
        address or "",
        time_of_number(created_at),
        bool(banned),
        reason,
        confirmed_at is not None,
    )


def _session_of_row(row: Sequence[Any]) -> Session:
    session_id, account, agent, created_at, used_at = row
    return Session(session_id, account, agent, time_of_number(created_at), time_of_number(used_at))


def _token_of_row(row: Sequence[Any]) -> AccessToken:
    token_id, _, account, name, scopes, created_at, expires_at = row
    return AccessToken(
        token_id,
        account,
        name,
        cast("tuple[Scope, ...]", tuple(scopes.split())),
        time_of_number(created_at),
        time_of_number(expires_at) if expires_at else None,
    )
