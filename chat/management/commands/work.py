"""`manage.py work`: run background work in a process that serves no one, for `CHAT_JOBS=worker`."""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand

from chat.delivery.process.gc_tuning import freeze_startup_objects
from chat.delivery.process.readiness import process_state
from chat.delivery.service import Delivery


class Command(BaseCommand):
    help = "Run tasks and followers until SIGTERM. Set CHAT_JOBS=worker, so that the web processes leave them to it."
    # Start even if a check fails, as `serve` does.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        process_state.is_for_work = True
        asyncio.run(_work())


async def _work() -> None:
    """Run until SIGTERM or SIGINT. Then end as a web process does: it finishes its jobs and frees its leases."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def end(number: int, frame: Any) -> None:
        loop.call_soon_threadsafe(ended.set)

    # Before the start of delivery, which drains the process first on SIGTERM, and then calls this handler.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    delivery = Delivery.current()
    freeze_startup_objects()
    await ended.wait()
    await delivery.stop()
