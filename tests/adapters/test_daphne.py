"""The installed Daphne, Twisted and Autobahn have the parts that the site uses."""

import inspect

import autobahn.websocket.protocol
import daphne.http_protocol
import daphne.server
import daphne.ws_protocol
import twisted.web.http
from autobahn.twisted.websocket import WebSocketServerProtocol
from daphne.access import AccessLogGenerator
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol

from chat.adapters import autobahn as of_autobahn
from chat.adapters import daphne as of_daphne
from chat.adapters import twisted as of_twisted
from tests.adapters.holding import changed_attributes, changed_in_source, changed_methods, declared
from tests.cases import each
from tests.connections import DaphneConnection


def test_autobahn_has_what_the_site_uses():
    assert changed_methods("autobahn", WebSocketServerProtocol, of_autobahn.METHODS) == []
    header = autobahn.websocket.protocol.FrameHeader(1, True, 0, 0, None)
    assert changed_attributes("autobahn", header, declared(of_autobahn.FrameHeader)) == []
    names = [it for it in declared(of_autobahn.SocketProtocol) if it not in ("STATE_OPEN", "processData")]
    assert changed_in_source("autobahn", autobahn.websocket.protocol, names) == []
    assert changed_attributes("autobahn", WebSocketServerProtocol, ["STATE_OPEN"]) == []


def test_twisted_has_what_the_site_uses():
    assert changed_methods("twisted", of_twisted.HTTPChannel, of_twisted.CHANNEL_METHODS) == []
    assert changed_methods("twisted", twisted.web.http.Request, of_twisted.REQUEST_METHODS) == []
    names = [it for it in declared(of_twisted.IncomingRequest) if it not in ("is_refused", "path")] + ["finished"]
    assert changed_in_source("twisted", twisted.web.http, [*names, "_waitingForTransport"]) == []


def test_daphne_has_what_the_site_uses():
    assert changed_methods("daphne", Server, of_daphne.SERVER_METHODS) == []
    assert changed_methods("daphne", AccessLogGenerator, of_daphne.LOG_METHODS) == []
    assert changed_in_source("daphne", daphne.server, ["connections"]) == []
    assert 'self.connections[protocol]["application_instance"] =' in inspect.getsource(Server), "daphne changed Server"
    assert changed_in_source("daphne", daphne.http_protocol, ["_response_started"]) == []
    assert changed_attributes("daphne", AccessLogGenerator(None), ["stream"]) == []
    assert issubclass(WebRequest, twisted.web.http.Request), "daphne changed WebRequest"
    assert issubclass(WebSocketProtocol, WebSocketServerProtocol), "daphne changed WebSocketProtocol"
    assert changed_in_source("daphne", daphne.ws_protocol, ["server", "request", "client_addr"]) == []


async def test_a_connection_of_daphne_is_a_channel_of_twisted_that_asks_these_methods(monkeypatch):
    """The attributes that the site reads, in this order."""
    called = []

    def note(owner, name):
        method = getattr(owner, name)

        def noting(self, *arguments):
            called.append(name)
            return method(self, *arguments)

        monkeypatch.setattr(owner, name, noting)

    for owner, name in [
        (of_twisted.HTTPChannel, "resetTimeout"),
        (of_twisted.HTTPChannel, "allHeadersReceived"),
        (WebRequest, "handleContentChunk"),
        (WebRequest, "process"),
    ]:
        note(owner, name)
    seen = []

    async def application(scope, receive, send):
        seen.append(await receive())

    connection = DaphneConnection(application)
    assert isinstance(connection.channel, HTTPFactory(None).buildProtocol(None).__class__)
    await connection.hears(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
    assert called == ["resetTimeout", "allHeadersReceived", "handleContentChunk", "process"], "twisted changed the way"
    [request] = connection.channel._channel.requests
    assert changed_attributes("twisted", request.channel, declared(of_twisted.Channel)) == []
    connection.ends()


@each("name", ["loseWriteConnection", "abortConnection"])
def test_a_transport_of_twisted_ends_as_the_site_asks(name):
    from twisted.internet.tcp import Server as Transport

    assert changed_attributes("twisted", Transport, [name]) == []
