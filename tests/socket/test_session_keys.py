"""The running site replaces the session keys of the previous release by itself."""

import threading
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from chat.actions import session_keys
from chat.models import Session, SessionKeyTransition
from chat.models.session_keys import GRACE, digest_of
from tests.socket.client import PATIENCE_SECONDS

KEYS = [f"{number:032}" for number in range(session_keys.BATCH + 1)]


@pytest.fixture
def converted(transactional_db, monkeypatch):
    """An event: sessions of the release before, whose transition is over, are converted."""
    done, convert = threading.Event(), session_keys.continue_conversion

    def convert_and_tell():
        again = convert()
        if not again:
            done.set()
        return again

    monkeypatch.setattr(session_keys, "continue_conversion", convert_and_tell)
    SessionKeyTransition.has_ended = False
    SessionKeyTransition.objects.create(pk=1, until=timezone.now() - 2 * GRACE)
    expire_date = timezone.now() + timedelta(days=1)
    Session.objects.bulk_create(Session(session_key=key, expire_date=expire_date) for key in KEYS)
    return done


async def test_the_keys_are_replaced_soon_after_a_worker_has_begun(converted, delivery):
    assert await sync_to_async(converted.wait)(PATIENCE_SECONDS)
    ids = await sync_to_async(lambda: set(Session.objects.values_list("pk", flat=True)))()
    assert ids == {digest_of(key) for key in KEYS}
    assert not await sync_to_async(SessionKeyTransition.objects.exists)()
