"""The mail server and the push service of a deployment, which the site reaches outside."""

import os
from contextlib import ExitStack, suppress
from functools import cached_property
from pathlib import Path

from chatsite.config import vapid_key
from tests.faults.away.mail_server import MailServer
from tests.faults.away.push_service import PushService
from tests.push import network


class Outside:
    def __init__(self, folder):
        self.mail, self.push = MailServer(), PushService()
        self._folder, self._stack = folder, ExitStack()
        self.mail.start()
        self._stack.callback(self.mail.stop)
        self._stack.enter_context(network.serving(self.push.network, folder))

    def close(self):
        self._stack.close()

    @cached_property
    def environment(self):
        """The variables of a worker that sends there. The guard of outgoing requests stays as it is."""
        return {
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail.port}",
            "CHAT_OUTBOUND_PROXY": f"http://127.0.0.1:{self.push.network.port}",
            "SSL_CERT_FILE": str(network.certificate(self._folder)),
            "CHAT_VAPID_KEY": vapid_key.new(),
        }


def environment(deployment):
    return deployment.outside.environment


def owner_of(port, processes):
    """Return which of these processes has the end of a connection with this local port, or None if it has ended."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{fields[9]}]" for fields in lines if fields[1].endswith(f":{port:04X}")}
    return next((it for it in processes if sockets & set(_open_files(it))), None)


def _open_files(process):
    with suppress(FileNotFoundError):  # it has ended
        for entry in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                yield os.readlink(entry)
