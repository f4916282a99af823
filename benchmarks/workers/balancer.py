"""The proxy in front of the workers, as far as clients notice one."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

from benchmarks.load.connection import Connection


class Balancer:
    """Passes a connection on to the worker that has the fewest, and to the next when nobody listens there.

    It asks no worker for its health: one that is about to end gets connections until its port is closed.
    """

    def __init__(self, ports: Sequence[int]):
        self.ports = ports
        self._open: Counter[int] = Counter()

    async def connect(self, connection: Connection) -> int | None:
        """Return the port at which the client is connected now, or None where no worker listens."""
        for port in sorted(self.ports, key=lambda port: (self._open[port], random.random())):
            self._open[port] += 1
            try:
                await asyncio.get_running_loop().create_connection(lambda: connection, "127.0.0.1", port)
            except OSError:
                self._open[port] -= 1
            else:
                return port
        return None

    def closed(self, port: int) -> None:
        self._open[port] -= 1
