"""The private room, in which only owners and moderators invite people. A test may let its members do that."""

from typing import Any

import pytest

from chat import broadcast


@pytest.fixture
def ops(ops):
    ops.members_invite = False
    ops.save(update_fields=["members_invite"])
    return ops


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The events that were published."""
    events: list[dict[str, Any]] = []
    monkeypatch.setattr(broadcast, "publish", events.append)
    return events
