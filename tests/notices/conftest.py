"""The follower begins at the present heads, and each test chooses the time."""

import pytest
from django.utils import timezone

from chat.actions.followers import cursors
from chat.actions.followers import notices as follower


@pytest.fixture(autouse=True)
def default_delay(settings):
    settings.CHAT_MAIL_AFTER = 15


@pytest.fixture
def now(db):
    cursors.start(follower.NAME)
    return timezone.now()
