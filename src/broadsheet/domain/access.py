"""Permissions: roles, actions, and the one table that decides.

Services call ``require`` before they read or write personal or restricted data. The table
does not know how the library is run (by one person, or for a group): faces decide which
principal acts, and this module decides what that principal may do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from broadsheet.domain.errors import ForbiddenError, UnauthorizedError

Role = Literal["anonymous", "reader", "member", "curator", "owner"]

ROLES: tuple[Role, ...] = ("anonymous", "reader", "member", "curator", "owner")
"""Each role may do everything that the roles before it may do."""

Visibility = Literal["public", "members", "private"]
"""Who may read an object: everybody, everybody with an account, or its owner alone."""

VISIBILITIES: tuple[Visibility, ...] = ("public", "members", "private")

Action = Literal[
    "read_papers",
    "subscribe",
    "keep_personal",
    "contribute",
    "read_object",
    "change_object",
    "remove_object",
    "curate",
    "view_operations",
    "import_papers",
    "run_sources",
    "maintain_library",
    "change_settings",
    "manage_accounts",
]


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever acts: a person with an account, or an anonymous visitor (``id`` is "")."""

    id: str
    name: str
    role: Role


OWNER = Principal("owner", "the owner", "owner")
"""The person at the command line, and in a browser on a library for one."""

ANONYMOUS = Principal("", "a visitor", "anonymous")


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may perform one action.

    ``anyone`` is the lowest role that may perform it on objects of others, or without an
    object; None if no role may. ``own`` is the lowest role that may perform it on an object
    of its own. ``words`` complete "you may not …".
    """

    words: str
    anyone: Role | None
    own: Role | None = None


RULES: Mapping[Action, Rule] = {
    "read_papers": Rule("read papers", anyone="anonymous"),
    # By mail, confirmed by the address itself.
    "subscribe": Rule("subscribe to the digest", anyone="anonymous"),
    # Notes, read marks, subscriptions: always of the principal itself.
    "keep_personal": Rule("keep anything here", anyone="reader"),
    # Votes, comments, collections, submissions.
    "contribute": Rule("vote, comment or collect", anyone="member"),
    "read_object": Rule("read this", anyone="anonymous", own="reader"),
    "change_object": Rule("change this", anyone=None, own="reader"),
    "remove_object": Rule("remove this", anyone="curator", own="reader"),
    "curate": Rule("feature or order papers", anyone="curator"),
    # Status with paths, runs of sources, rejected records.
    "view_operations": Rule("see how this library is run", anyone="curator"),
    "import_papers": Rule("import papers", anyone="curator"),
    "run_sources": Rule("run sources", anyone="curator"),
    "maintain_library": Rule("rebuild or maintain the index", anyone="owner"),
    "change_settings": Rule("change settings", anyone="owner"),
    "manage_accounts": Rule("manage accounts", anyone="owner"),
}


def is_allowed(
    principal: Principal,
    action: Action,
    owner_of_object: str | None = None,
    visibility: Visibility | None = None,
) -> bool:
    """Decide whether ``principal`` may perform ``action``.

    ``owner_of_object`` is the id of the principal that owns the object acted upon and
    ``visibility`` who may read it; both are None if there is no object. An object that
    ``principal`` may not read can be neither changed nor removed by it.
    """
    rule = RULES[action]
    if owner_of_object is not None and principal.id and principal.id == owner_of_object:
        return has_role(principal, rule.own or rule.anyone)
    if visibility == "private":
        return False
    if visibility == "members" and not has_role(principal, "reader"):
        return False
    return has_role(principal, rule.anyone)


def require(
    principal: Principal,
    action: Action,
    owner_of_object: str | None = None,
    visibility: Visibility | None = None,
) -> None:
    """Raise unless ``is_allowed``: UnauthorizedError if nobody is signed in, else
    ForbiddenError with the role that is needed."""
    if is_allowed(principal, action, owner_of_object, visibility):
        return
    rule = RULES[action]
    if principal.role == "anonymous":
        raise UnauthorizedError(f"without signing in you may not {rule.words}; sign in first")
    needed = "" if visibility == "private" or not rule.anyone else f" as {_some(rule.anyone)}"
    remedy = f"; ask the owner for access{needed}" if needed else "; it belongs to somebody else"
    raise ForbiddenError(f"as {_some(principal.role)} you may not {rule.words}{remedy}")


def has_role(principal: Principal, lowest: Role | None) -> bool:
    """Whether the principal's role is ``lowest`` or above; False for None."""
    return lowest is not None and ROLES.index(principal.role) >= ROLES.index(lowest)


def _some(role: Role) -> str:
    return f"an {role}" if role == "owner" else f"a {role}"
