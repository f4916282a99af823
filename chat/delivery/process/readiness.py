"""Readiness checks: the database and the channel layer answer, and the process is not shutting down."""

import asyncio
import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error, connection

from chat.telemetry.outage import Outage

log = logging.getLogger(__name__)

LAYER_TIMEOUT_SECONDS = 2.0
# This group has no members. Sending to it only shows that the layer accepts messages.
PROBE_GROUP = "probe"


_database_outage = Outage(log, "The database", "This process is not ready")
_layer_outage = Outage(log, "The channel layer", "This process is not ready")


class ProcessState:
    """The state of this process's shutdown.

    `draining` is set when the shutdown begins. `/readyz` then fails, so the proxy uses other processes. `sockets` are
    the tasks that serve one socket each, from the handshake to its close. `is_for_work` is set in the process of
    `manage.py work`, which serves no sockets.
    """

    def __init__(self) -> None:
        self.draining = False
        self.is_for_work = False
        self.sockets: set[asyncio.Task[Any]] = set()

    @property
    def does_background_work(self) -> bool:
        return settings.CHAT_JOBS == "web" or self.is_for_work


process_state = ProcessState()


def failing_checks() -> list[str]:
    """Return the names of the checks that fail. An empty list means ready."""
    found = []
    if process_state.draining:
        found.append("draining")
    if not _database_answers():
        found.append("database")
    if not _layer_answers():
        found.append("channel layer")
    return found


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        _database_outage.begin(error)
        return False
    _database_outage.end()
    return True


def _layer_answers() -> bool:
    """Return whether the layer accepts a message. Any exception means no, since each backend raises its own types."""
    layer = get_channel_layer()
    try:
        async_to_sync(asyncio.wait_for)(layer.group_send(PROBE_GROUP, {"type": "probe"}), LAYER_TIMEOUT_SECONDS)
    except Exception as error:
        _layer_outage.begin(error)
        return False
    _layer_outage.end()
    return True
