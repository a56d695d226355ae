"""The table of permissions, in full."""

import itertools
from typing import get_args

import pytest

from broadsheet.domain.access import (
    OWNER,
    ROLES,
    RULES,
    VISIBILITIES,
    Action,
    Principal,
    Role,
    is_allowed,
    require,
)
from broadsheet.domain.errors import ForbiddenError, UnauthorizedError

PEOPLE = {
    role: Principal("" if role == "anonymous" else f"id-{role}", role, role) for role in ROLES
}

# Initials of the roles that may (a)ct: Anonymous, Reader, Member, Curator, Owner.
# On nothing, or an object of somebody else that is public | seen by members | private; on an
# object of one's own.
EXPECTED: dict[Action, tuple[str, str, str, str]] = {
    "read_papers": ("ARMCO", "RMCO", "", "RMCO"),
    "subscribe": ("ARMCO", "RMCO", "", "ARMCO"),
    "keep_personal": ("RMCO", "RMCO", "", "RMCO"),
    "contribute": ("MCO", "MCO", "", "MCO"),
    "read_object": ("ARMCO", "RMCO", "", "RMCO"),
    "change_object": ("", "", "", "RMCO"),
    "remove_object": ("CO", "CO", "", "RMCO"),
    "curate": ("CO", "CO", "", "CO"),
    "view_operations": ("CO", "CO", "", "CO"),
    "import_papers": ("CO", "CO", "", "CO"),
    "run_sources": ("CO", "CO", "", "CO"),
    "maintain_library": ("O", "O", "", "O"),
    "change_settings": ("O", "O", "", "O"),
    "manage_accounts": ("O", "O", "", "O"),
}


def test_every_action_has_a_rule_and_an_expectation() -> None:
    assert set(RULES) == set(EXPECTED) == set(get_args(Action))


@pytest.mark.parametrize(("action", "role"), list(itertools.product(EXPECTED, ROLES)))
def test_the_whole_table(action: Action, role: Role) -> None:
    person, initial = PEOPLE[role], role[0].upper()
    public, members, private, own = EXPECTED[action]
    assert is_allowed(person, action) == (initial in public)
    assert is_allowed(person, action, "somebody", None) == (initial in public)
    assert is_allowed(person, action, "somebody", "public") == (initial in public)
    assert is_allowed(person, action, "somebody", "members") == (initial in members)
    assert is_allowed(person, action, "somebody", "private") == (initial in private)
    for visibility in (None, *VISIBILITIES):
        assert is_allowed(person, action, person.id or "id-x", visibility) == (
            initial in own if person.id else is_allowed(person, action, "id-x", visibility)
        )


@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_an_anonymous_visitor_owns_nothing(visibility: str) -> None:
    assert not is_allowed(PEOPLE["anonymous"], "change_object", "", visibility)  # type: ignore[arg-type]
    assert is_allowed(PEOPLE["anonymous"], "read_object", "", "private") is False


def test_an_object_that_one_may_not_read_cannot_be_changed_or_removed() -> None:
    for person, action, visibility in itertools.product(
        PEOPLE.values(), ("change_object", "remove_object"), VISIBILITIES
    ):
        if is_allowed(person, action, "somebody", visibility):
            assert is_allowed(person, "read_object", "somebody", visibility)


def test_a_refusal_says_who_may_and_what_to_do() -> None:
    require(OWNER, "change_settings")
    with pytest.raises(UnauthorizedError, match="sign in"):
        require(PEOPLE["anonymous"], "contribute")
    with pytest.raises(ForbiddenError, match=r"as a reader you may not vote.*as a member"):
        require(PEOPLE["reader"], "contribute")
    with pytest.raises(ForbiddenError, match="belongs to somebody else"):
        require(PEOPLE["owner"], "change_object", "somebody", "public")
    with pytest.raises(ForbiddenError, match="belongs to somebody else"):
        require(PEOPLE["owner"], "read_object", "somebody", "private")
    assert UnauthorizedError.code == "unauthorized"
    assert ForbiddenError.code == "forbidden"
