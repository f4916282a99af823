"""Starts and stops delivery with the server, through ASGI's lifespan protocol. Uvicorn supports it, Daphne does not."""

import asyncio
import logging
from typing import Any

from chat.delivery.process import gc_tuning
from chat.delivery.service import Delivery

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Run the lifespan protocol, so that delivery has started before the worker accepts its first connection."""
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
