"""The proxy in front of the workers, as far as clients notice one."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

from benchmarks.client import Client


class Balancer:
    """Passes a connection on to the worker that has the fewest, and to the next when nobody listens there.

    It asks nobody how they are: a worker that is about to go gets connections until its port is closed.
    """

    def __init__(self, ports: Sequence[int]):
        self.ports = ports
        self._open: Counter[int] = Counter()

    async def connect(self, client: Client) -> int | None:
        """The port at which the client is connected now; none where no worker listens. `closed` when it has ended."""
        for port in sorted(self.ports, key=lambda port: (self._open[port], random.random())):
            self._open[port] += 1
            try:
                await asyncio.get_running_loop().create_connection(lambda: client, "127.0.0.1", port)
            except OSError:
                self._open[port] -= 1
            else:
                return port
        return None

    def closed(self, port: int) -> None:
        self._open[port] -= 1
