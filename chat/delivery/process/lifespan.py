"""Delivery from the server's start to its end, where the server tells of both: uvicorn does, Daphne does not."""

import asyncio
import logging
from typing import Any

from chat.delivery.process import gc_tuning
from chat.delivery.service import Delivery

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """ASGI's lifespan protocol: a worker is whole before it takes its first connection."""
    await receive()
    delivery = Delivery.current()
    gc_tuning.freeze_startup_objects()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await delivery.stop()
    except TimeoutError:
        log.warning("The database or the channel layer is not responding. The process exits anyway.")
    await send({"type": "lifespan.shutdown.complete"})
