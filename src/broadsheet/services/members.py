"""Members as others see them; implements MemberService."""

from broadsheet.domain.access import Principal, has_role, require
from broadsheet.domain.accounts import AccountStore
from broadsheet.domain.collections import CollectionStore
from broadsheet.domain.comments import CommentStore
from broadsheet.domain.members import Member, MemberNotFoundError
from broadsheet.domain.submissions import SubmissionStore

_MOST_SHOWN = 50


class LocalMemberService:
    """See MemberService."""

    def __init__(
        self,
        accounts: AccountStore,
        comments: CommentStore,
        collections: CollectionStore,
        submissions: SubmissionStore,
    ) -> None:
        self._accounts = accounts
        self._comments = comments
        self._collections = collections
        self._submissions = submissions

    def get(self, principal: Principal, name: str) -> Member:
        """See MemberService."""
        require(principal, "read_papers")
        account = self._accounts.find(name)
        if account is None or "@" in name:
            raise MemberNotFoundError(name)
        comments = [
            each for each in self._comments.of_account(account.id) if each.state == "visible"
        ]
        collections = [
            each
            for each in self._collections.of_account(account.id)
            if each.sharing == "public" and each.size
        ]
        submissions = self._submissions.latest(["listed"], _MOST_SHOWN, account.id)
        if not (comments or collections or submissions or has_role(principal, "reader")):
            raise MemberNotFoundError(name)
        return Member(
            account.id,
            account.name,
            account.role,
            account.created_at,
            comments[:_MOST_SHOWN],
            collections,
            submissions,
        )
