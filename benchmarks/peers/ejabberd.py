"""ejabberd's group chat over WebSocket, where it is installed. Here it stores nothing and sends no presence."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load.dialects import Xmpp
from benchmarks.peers.peer import Missing, Peer, Running, program
from benchmarks.server import free_port

CONFIGURATION = """
hosts: [localhost]
loglevel: error
listen:
  - port: {port}
    ip: "127.0.0.1"
    backlog: 1024
    module: ejabberd_http
    request_handlers: {{/ws: ejabberd_http_ws}}
host_config:
  localhost: {{auth_method: [anonymous], anonymous_protocol: sasl_anon}}
websocket_ping_interval: 3600
websocket_timeout: 3600
modules:
  mod_muc:
    host: conference.localhost
    max_users: 20000
    history_size: 0
    default_room_options: {{max_users: 20000, presence_broadcast: []}}
"""


def libraries() -> str:
    """Return the path at which Erlang finds ejabberd, read from the package's start script."""
    script = shutil.which("ejabberdctl", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    found = re.search(r"^ERL_LIBS='?([^'\n]+)", Path(script).read_text(), re.MULTILINE) if script else None
    if found is None or not shutil.which("erl"):
        raise Missing("it is not installed (on Debian: apt-get install ejabberd).")
    return found[1]


@contextmanager
def start(directory: Path) -> Iterator[Running]:
    """Without a name in a cluster of Erlang's, for which a process would run on afterwards."""
    port = free_port()
    configuration = directory / "ejabberd.yml"
    configuration.write_text(CONFIGURATION.format(port=port))
    command = ["erl", "+K", "true", "+P", "250000", "-noinput", "-mnesia", "dir", f'"{directory / "spool"}"']
    command += ["-ejabberd", "quiet", "true", "-s", "ejabberd"]
    environment = {
        "ERL_LIBS": libraries(),
        "EJABBERD_CONFIG_PATH": str(configuration),
        "EJABBERD_LOG_PATH": str(directory / "log" / "ejabberd.log"),
        "HOME": str(directory),
    }
    with program(command, port, environment, directory / "console.log") as running:
        yield running


EJABBERD = Peer("ejabberd", "ejabberd, group chat", Xmpp(), start, prepare=libraries)
