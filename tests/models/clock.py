"""An event loop whose time a test controls, so that the order of all events is deterministic."""

import asyncio
import selectors


class _Selector(selectors.SelectSelector):
    """A selector that never waits. Instead of waiting, the clock moves on."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self):
        return self._clock.now

    def turn(self, turns=1):
        """Run all tasks that can continue, this many times. No time passes."""
        self.run_until_complete(_turns(turns))

    def wait(self, seconds):
        """Let time pass, and run everything that is due in it."""
        self.run_until_complete(asyncio.sleep(seconds))


async def _turns(turns):
    for _ in range(turns):
        await asyncio.sleep(0)
