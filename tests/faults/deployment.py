"""The site of one cell, with its database. It outlives an experiment. Each experiment has its own room and people."""

import itertools
import signal
from contextlib import ExitStack
from functools import cached_property

from tests.faults import disks, people
from tests.faults.away.outside import Outside
from tests.faults.database import Postgresql, Sqlite
from tests.processes.servers import Cluster, Valkey
from tests.site import Site


class Deployment:
    """SQLite has one worker, whose layer is its own memory; PostgreSQL has two, with Valkey between them."""

    def __init__(self, cell, folder):
        self.cell, self.folder = cell, folder
        self._stack = ExitStack()
        self.layer = None
        environment = self._parts()
        self.site = self._make_site(**environment)
        self._stack.callback(self.site.stop)
        self.database = Sqlite(self.site.environment["DATABASE_URL"]) if not self.cell.has_layer else self._postgresql
        self.usual = dict(self.site.environment)
        self.ports, self._asked, self._numbers = [], None, itertools.count(1)

    def _make_site(self, **environment):
        # The experiments set the rate limits.
        return Site(self.folder, CHAT_METRICS="on", CHAT_METRICS_TOKEN="-", **environment)

    def _parts(self):
        if not self.cell.has_layer:
            return {}
        cluster = self._stack.enter_context(Cluster())
        self._postgresql = Postgresql(cluster)
        self.layer = Valkey(self.folder)
        self.layer.start()
        self._stack.callback(lambda: self.layer.kill())
        return {"DATABASE_URL": cluster.address, "REDIS_URL": self.layer.url}

    @cached_property
    def outside(self):
        """The servers that take emails and pushes, from the first use on."""
        made = Outside(self.folder)
        self._stack.callback(made.close)
        return made

    def close(self):
        self._stack.close()

    # ---- Workers

    def be_as(self, workers, environment):
        """Run this many workers with these variables. Keep the running ones if they match."""
        workers = workers or (2 if self.cell.has_layer else 1)
        asked = (workers, environment)
        if asked != self._asked or any(not self.site.is_running(port) for port in self.ports):
            self.end_workers()
            self.site.environment = {**self.usual, "DATABASE_URL": self.database.address, **environment}
            self.ports[:] = [self.site.start(self.cell.server) for _ in range(workers)]
            self._asked = asked

    def end_workers(self):
        for port in self.ports:
            self.site.kill(port)
        self.ports.clear()

    def other_environment(self, **environment):
        """Set variables for workers started from now on, until the next experiment."""
        if environment:
            self.site.environment = {**self.site.environment, **environment}
            self._asked = None

    def kill(self, port, with_signal=signal.SIGKILL):
        return self.site.kill(port, with_signal)

    def start(self, port):
        self.site.start(self.cell.server, port)

    def worker_pids(self):
        return [self.site.pid(port) for port in self.ports if self.site.is_running(port)]

    def restore(self, backup):
        """Restore a backup while no worker runs."""
        ports = list(self.ports)
        for port in ports:
            self.site.kill(port)
        self.other_environment(DATABASE_URL=self.database.restore(backup))
        self.site.manage("bump_epoch")
        for port in ports:
            self.start(port)

    def small_disk(self):
        """Move the messages to a small file system for the duration."""
        return disks.under_postgresql(self) if self.cell.has_layer else disks.under_sqlite(self)

    # ---- People

    def gather(self, name, count):
        return people.gather(self.site, f"{name} {next(self._numbers)}", count)

    def rows(self, room):
        return self.database.rows(room)
