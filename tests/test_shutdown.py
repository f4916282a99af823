"""What is left of a process's event loop at its end. The end itself is seen from outside, in tests/processes."""

import asyncio

from chat.delivery.shutdown import end_tasks


def test_a_stopped_loop_is_left_without_tasks():
    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.Event().wait())
    loop.run_until_complete(asyncio.sleep(0))
    end_tasks(loop)
    assert task.cancelled()
    end_tasks(loop)
    loop.close()


def test_a_closed_loop_is_left_alone():
    loop = asyncio.new_event_loop()
    loop.close()
    end_tasks(loop)


async def test_a_running_loop_is_left_alone():
    task = asyncio.create_task(asyncio.Event().wait())
    end_tasks(asyncio.get_running_loop())
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
