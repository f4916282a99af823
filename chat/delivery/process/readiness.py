"""Whether this process can serve: what it needs answers, and it is not shutting down."""

import asyncio
import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import Error, connection

from chat.telemetry.outage import Outage

log = logging.getLogger(__name__)

LAYER_TIMEOUT_SECONDS = 2.0
# Nobody is ever in this group: what is sent to it only shows that the layer takes it.
PROBE_GROUP = "probe"


_database_outage = Outage(log, "The database", "This process is not ready")
_layer_outage = Outage(log, "The channel layer", "This process is not ready")


class ProcessState:
    """`draining` is set once the process begins to shut down: `/readyz` says so, and the proxy goes elsewhere.

    `sockets` are the tasks that serve one each, in a room, on the way into one or on the way out.
    """

    def __init__(self) -> None:
        self.draining = False
        self.sockets: set[asyncio.Task[Any]] = set()


process_state = ProcessState()


def failing_checks() -> list[str]:
    """What keeps this process from serving, by name; empty when nothing does."""
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
    """Whatever a layer raises, it means the same; each backend has exceptions of its own."""
    layer = get_channel_layer()
    try:
        async_to_sync(asyncio.wait_for)(layer.group_send(PROBE_GROUP, {"type": "probe"}), LAYER_TIMEOUT_SECONDS)
    except Exception as error:
        _layer_outage.begin(error)
        return False
    _layer_outage.end()
    return True
