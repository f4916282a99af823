"""The database restarts, drops its connections, is locked, is full, or is an older backup."""

import asyncio
import urllib.error
import urllib.request
from pathlib import Path

from chatsite.config.database import LEAST_CONNECTIONS
from tests.faults.registry import fault

POSTGRESQL = {"only": "postgresql", "why": "SQLite is a file, not a server"}
SQLITE = {"only": "sqlite", "why": "only SQLite locks the whole database for one writer"}

# The pool settings of chatsite/config/database.py.
POOL_PATIENCE_SECONDS = 5


@fault(5, "PostgreSQL crashes and recovers", quick="postgresql-uvicorn", **POSTGRESQL)
async def postgresql_crashes(run):
    await asyncio.to_thread(run.database.cluster.stop, "immediate")
    await run.quiet(2)
    await asyncio.to_thread(run.database.cluster.start)
    run.mended()


@fault(5, "PostgreSQL is restarted", quick=None, **POSTGRESQL)
async def postgresql_restarts(run):
    await asyncio.to_thread(run.database.cluster.stop, "fast")
    await asyncio.to_thread(run.database.cluster.start)
    run.mended()


# A crash ends the connections, too; tests/test_db_reconnect.py has what follows for a batch and a read.
@fault(5, "pg_terminate_backend on every connection, five times", quick=None, **POSTGRESQL)
async def connections_are_terminated(run):
    ended = 0
    for _ in range(5):
        ended += await asyncio.to_thread(run.database.terminate)
        await run.quiet(0.5)
    run.mended()
    run.note(connections=ended)
    run.expect(ended > 0, "no connection was terminated")


@fault(
    5,
    "The pool is exhausted: the fewest connections there may be, all held by a lock beyond the pool's patience",
    environment=lambda deployment: {"DATABASE_POOL_SIZE": str(LEAST_CONNECTIONS)},
    quick="postgresql-uvicorn",
    **POSTGRESQL,
)
async def pool_is_exhausted(run):
    port, requests = run.ports[0], []
    with run.database.locked():
        requests = [asyncio.create_task(asyncio.to_thread(load_page, run, port)) for _ in range(2 * LEAST_CONNECTIONS)]
        await asyncio.sleep(max(POOL_PATIENCE_SECONDS + 2, run.size.lock_seconds))
    run.mended()
    statuses = await asyncio.gather(*requests)
    run.note(pages_refused=sum(status != 200 for status in statuses))
    run.expect(set(statuses) <= {200, 503}, f"pages were answered with {sorted(set(statuses))}")


def load_page(run, port):
    """Request a page of history during the fault and return the status."""
    headers = run.owner.headers(port)
    address = f"http://127.0.0.1:{port}/api/rooms/{run.room}/messages/"
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


# tests/processes/test_shutdown.py locks the file while people post.
@fault(6, "SQLite is locked from outside for 10 s", quick=None, **SQLITE)
async def sqlite_is_locked(run):
    with run.database.locked():
        await asyncio.sleep(run.size.lock_seconds)
    run.mended()


@fault(6, "SQLite is locked beyond its patience, 25 s", quick=None, **SQLITE)
async def sqlite_is_locked_for_long(run):
    with run.database.locked():
        await asyncio.sleep(25)
    run.mended()


@fault(6, "The disk is full, and has room again")
async def disk_is_full(run):
    with run.deployment.small_disk() as disk:
        disk.fill()
        await run.group.stop_writing()
        run.group.write(run.size.rate, size=4000)
        await run.until_refused("unavailable")
        await run.quiet(2)
        disk.free()
        await run.heal()


# tests/processes/test_backup.py has it in small.
@fault(10, "An older backup is restored", baseline=False, reloads=1, quick=None)
async def backup_is_restored(run):
    backup = run.folder / f"{run.fault.name}.backup"
    await asyncio.to_thread(run.site.manage, "backup", str(backup))
    await run.quiet(2)
    await run.group.stop_writing()
    await run.group.answered()
    await asyncio.to_thread(run.deployment.restore, Path(backup))
    held = {row.client_id for row in run.rows()}
    undone = sum(member.outbox.forget_all_but(held) for member in run.group.members)
    run.note(undone_by_the_restore=undone)
    run.expect(undone > 0, "the backup was not older")
    run.mended()
