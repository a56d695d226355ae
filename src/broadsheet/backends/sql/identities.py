"""Accounts elsewhere that sign in here; implements IdentityStore."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.rows import number_of_time, time_of_number
from broadsheet.backends.sql.tables import identities
from broadsheet.domain.identities import Identity


class SqlIdentityStore:
    """See IdentityStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, issuer: str, subject: str) -> str | None:
        """See IdentityStore."""
        query = sa.select(identities.c.account).where(
            identities.c.issuer == issuer, identities.c.subject == subject
        )
        with read_transaction(self._engine) as connection:
            account: str | None = connection.execute(query).scalar()
        return account

    def add(self, identity: Identity) -> bool:
        """See IdentityStore."""
        values = {
            "issuer": identity.issuer,
            "subject": identity.subject,
            "account": identity.account,
            "linked_at": number_of_time(identity.linked_at),
        }
        try:
            with write_transaction(self._engine) as connection:
                connection.execute(sa.insert(identities).values(values))
        except IntegrityError:
            return False
        return True

    def of_account(self, account: str) -> Sequence[Identity]:
        """See IdentityStore."""
        query = sa.select(*identities.c).where(identities.c.account == account)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(identities.c.linked_at)).all()
        return [
            Identity(row.issuer, row.subject, row.account, time_of_number(row.linked_at))
            for row in rows
        ]

    def remove(self, account: str, issuer: str, subject: str) -> bool:
        """See IdentityStore."""
        own = sa.and_(
            identities.c.account == account,
            identities.c.issuer == issuer,
            identities.c.subject == subject,
        )
        with write_transaction(self._engine) as connection:
            return bool(connection.execute(sa.delete(identities).where(own)).rowcount)
