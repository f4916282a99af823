"""The cast of moderation: mona moderates the hall that alice owns, and chief is staff."""

from typing import Any

import pytest

from chat import broadcast
from chat.actions.accounts import sign_up
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.models import Membership, Person, Room
from tests.cast import PASSWORD


@pytest.fixture
def mona(hall: Room, ops: Room) -> Person:
    person = sign_up("mona", PASSWORD)
    for room in (hall, ops):
        import_memberships(room, [MembershipImport(person, Membership.Role.MODERATOR)])
    return person


@pytest.fixture
def chief(db: None) -> Person:
    return Person.objects.create_superuser("chief", PASSWORD)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The events that were published."""
    events: list[dict[str, Any]] = []
    monkeypatch.setattr(broadcast, "publish", events.append)
    return events
