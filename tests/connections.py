"""Connections of uvicorn and Daphne without sockets: a test feeds them bytes and reads their output."""

import asyncio

from daphne.http_protocol import HTTPFactory
from daphne.server import Server
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from uvicorn import Config
from uvicorn.server import ServerState

from chatsite.server.http import Http


async def turns():
    """Run as many turns of the event loop as everything here needs."""
    for _ in range(20):
        await asyncio.sleep(0)


class Wire:
    """A transport of asyncio that notes what is done to it."""

    max_size = 256 * 1024

    def __init__(self):
        self.written, self.is_paused, self.is_over, self.is_aborted, self.has_ended = b"", False, False, False, False

    def get_extra_info(self, name):
        return None

    def set_protocol(self, protocol):
        self._protocol = protocol

    def get_protocol(self):
        return self._protocol

    def write(self, data):
        self.written += data

    def can_write_eof(self):
        return True

    def write_eof(self):
        self.has_ended = True

    def pause_reading(self):
        self.is_paused = True

    def resume_reading(self):
        self.is_paused = False

    def is_closing(self):
        return self.is_over

    def close(self):
        self.is_over = True

    def abort(self):
        self.is_over = self.is_aborted = True


class UvicornConnection:
    def __init__(self, application):
        config = Config(application)
        config.load()
        self.wire = Wire()
        self.protocol = Http(config, ServerState(), {})
        self.wire.set_protocol(self.protocol)
        self.protocol.connection_made(self.wire)

    async def hears(self, data):
        """Return the bytes written in answer."""
        before = len(self.wire.written)
        if not self.wire.is_over:
            self.protocol.data_received(data)
        await turns()
        return self.wire.written[before:]

    @property
    def has_ended(self):
        """Return whether the answer says that nothing follows."""
        return self.wire.has_ended or self.wire.is_over

    @property
    def is_aborted(self):
        return self.wire.is_aborted

    def ends(self):
        self.protocol.connection_lost(None)


class HalfClosing(StringTransport):
    """A transport of Twisted that can end one side, as TCP can."""

    has_ended = is_aborted = False

    def loseWriteConnection(self):
        self.has_ended = True

    def abortConnection(self):
        self.is_aborted = True


class DaphneConnection:
    """A connection with Daphne's server, which does not run."""

    def __init__(self, application):
        self.server = Server(application, endpoints=["none"], server_name="")
        self.server.connections = {}
        self.clock = Clock()
        self.wire = HalfClosing(peerAddress=IPv4Address("TCP", "127.0.0.1", 1))
        factory = HTTPFactory(self.server)
        self.channel = factory.buildProtocol(None)
        self.channel.callLater = self.clock.callLater
        self.channel.makeConnection(self.wire)

    async def hears(self, data):
        """Return the bytes written in answer."""
        before = len(self.wire.value())
        self.channel.dataReceived(data)
        await turns()
        return self.wire.value()[before:]

    @property
    def has_ended(self):
        return self.wire.has_ended or self.wire.disconnecting

    @property
    def is_aborted(self):
        return self.wire.is_aborted

    def ends(self):
        for connection in self.server.connections.values():
            if "application_instance" in connection:
                connection["application_instance"].cancel()
