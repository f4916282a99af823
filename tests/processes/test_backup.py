"""A backup taken while people post, and its restore: clients that saw more start over, and nothing hangs."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from tests.processes.client import HISTORY, Client, everybody_holds
from tests.processes.servers import postgresql


def into_sqlite(site, backup, folder):
    """Restore as docs/operations.md says. Return the database address of the new site."""
    database = Path(urlsplit(site.environment["DATABASE_URL"]).path)
    for leftover in (database, Path(f"{database}-wal"), Path(f"{database}-shm")):
        leftover.unlink(missing_ok=True)
    shutil.copy(backup, database)
    return site.environment["DATABASE_URL"]


def into_postgresql(site, backup, folder):
    old = site.environment["DATABASE_URL"]
    subprocess.run(["psql", "--dbname", old, "--command", "CREATE DATABASE restored"], check=True, capture_output=True)
    new = old.rpartition("/")[0] + "/restored"
    subprocess.run(["pg_restore", "--no-owner", "--exit-on-error", "--dbname", new, backup], check=True)
    return new


async def back_up_and_restore(site, connect_clients, folder, restore):
    """Back up and restore while people post. They meet again on the restored site."""
    port = site.start()
    ada, bob = clients = await connect_clients(site, port, "ada", "bob")
    seen = [await client.post("before") for client in clients for _ in range(5)]
    enough = asyncio.Event()
    writing = asyncio.create_task(write_until(ada, enough))
    backup = folder / "site.backup"
    await asyncio.to_thread(site.manage, "backup", str(backup))
    lost = await bob.post("after the backup")
    enough.set()
    await writing
    everything = await everybody_holds(clients, site)
    site.kill(port)
    site.environment["DATABASE_URL"] = restore(site, backup, folder)
    site.manage("bump_epoch")
    restored = site.stored()
    assert restored == everything[: len(restored)]
    assert set(seen) <= {client_id for _, _, client_id, _ in restored}
    assert lost not in {client_id for _, _, client_id, _ in restored}
    site.start(port=port)
    await meet_again(site, port, clients)


async def write_until(client, enough):
    """Post until told to stop, and wait for all answers. An unanswered post would be sent again to the restored
    site."""
    while not enough.is_set():
        await client.post("meanwhile")


async def meet_again(site, port, clients):
    """Check that each client gets one reset, and then sees the others."""
    for client in clients:
        await client.until(lambda it=client: it.resets == 1)
        client.rows.clear()
    new = [await client.post("here again") for client in clients]
    for client in clients:
        await client.until(lambda it=client: {row[1] for row in it.rows.values()} == set(new))
        assert client.resets == 1
    fresh, newest = await Client(site.guest(port, "cyd")).follow(port), site.stored()[-HISTORY:]
    try:
        await fresh.until(lambda: fresh.log() == newest)
    finally:
        await fresh.leave()


async def test_sqlite_is_restored_from_a_backup_made_while_people_write(site, connect_clients, tmp_path):
    await back_up_and_restore(site, connect_clients, tmp_path, into_sqlite)


async def test_postgresql_is_restored_from_a_backup_made_while_people_write(new_site, connect_clients, tmp_path):
    with postgresql() as database:
        site = new_site(DATABASE_URL=database)
        try:
            await back_up_and_restore(site, connect_clients, tmp_path, into_postgresql)
        finally:
            site.stop()
