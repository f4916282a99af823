"""Background tasks end when they are cancelled."""

import asyncio

from chat.delivery.process import tasks
from chat.delivery.process.tasks import Tasks


async def test_task_that_swallows_its_first_cancellation_still_ends(monkeypatch):
    monkeypatch.setattr(tasks, "CANCEL_AGAIN_SECONDS", 0)
    lost = []

    async def work():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as cancellation:
            lost.append(cancellation)
        await asyncio.Event().wait()

    owner = Tasks()
    task = owner.start(work(), "work")
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await owner.cancel()
    assert task.cancelled()
    assert len(lost) == 1
