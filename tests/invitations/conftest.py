"""The private room, in which only owners and moderators invite people. A test may let its members do that."""

import pytest


@pytest.fixture
def ops(ops):
    ops.members_invite = False
    ops.save(update_fields=["members_invite"])
    return ops
