"""The installed uvicorn has the parts that the site uses, and the site uses no other parts of its classes."""

import ast
import asyncio
import inspect

import pytest
import uvicorn
from uvicorn import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from chat.adapters import uvicorn as adapter
from tests.adapters.holding import changed_attributes, changed_methods, declared
from tests.cases import each
from tests.connections import Wire
from tests.site import ROOT


async def application(scope, receive, send):
    pass


@pytest.fixture
async def state():
    config = Config(application)
    config.load()
    return config, ServerState(), {}


async def test_the_http_class_has_what_the_site_uses(state):
    connection = HttpToolsProtocol(*state)
    connection.connection_made(Wire())
    connection.on_message_begin()
    names = [name for name in declared(adapter.HttpConnection) if name != "running"]
    assert changed_attributes("uvicorn", connection, [*names, "flow"]) == []
    assert changed_methods("uvicorn", HttpToolsProtocol, adapter.HTTP_METHODS) == []
    assert changed_methods("uvicorn", FlowControl, {"pause_reading": (), "resume_reading": ()}) == []


async def test_the_class_for_sockets_has_what_the_site_uses(state):
    connection = WebSocketsSansIOProtocol(*state)
    names = [name for name in declared(adapter.SocketConnection) if name != "scope"]
    assert changed_attributes("uvicorn", connection, names) == []
    assert "self.scope: WebSocketScope = {" in inspect.getsource(WebSocketsSansIOProtocol.handle_connect)
    assert changed_methods("uvicorn", WebSocketsSansIOProtocol, adapter.SOCKET_METHODS) == []


async def test_a_request_and_its_answer_have_what_the_site_uses(state):
    connection = HttpToolsProtocol(*state)
    connection.connection_made(Wire())
    connection.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
    assert isinstance(connection.cycle, RequestResponseCycle), "uvicorn changed HttpToolsProtocol.cycle"
    assert changed_attributes("uvicorn", connection.cycle, declared(adapter.Cycle)) == []
    [(cycle, app)] = connection.pipeline
    assert (cycle, app) == (connection.cycle, state[0].loaded_app), "uvicorn changed HttpToolsProtocol.pipeline"
    assert connection.flow.read_paused, "uvicorn changed how it queues requests"
    await asyncio.sleep(0)


async def test_the_server_is_found_by_its_signal_handler(state):
    server = uvicorn.Server(state[0])
    assert adapter.server_of(server.handle_exit) is server, "uvicorn changed Server.handle_exit"
    assert adapter.server_of(application) is None
    assert adapter.listeners_of(server) == adapter.listeners_of(None) == []
    assert "self.servers = [server]" in inspect.getsource(uvicorn.Server.startup), "uvicorn changed Server.servers"


def test_a_change_is_named(monkeypatch):
    monkeypatch.delattr(HttpToolsProtocol, "on_header")
    monkeypatch.setattr(HttpToolsProtocol, "shutdown", lambda self, why: None)
    gone, other = changed_methods("uvicorn", HttpToolsProtocol, adapter.HTTP_METHODS | {"shutdown": ("when",)})
    assert gone == "uvicorn changed HttpToolsProtocol.on_header: it is gone, and chat/adapters/uvicorn.py uses it."
    assert other.startswith("uvicorn changed HttpToolsProtocol.shutdown: it takes ('why',), and")


# ---- The site uses nothing else

FILES = ["chatsite/server/http.py", "chatsite/server/handshake.py", "chatsite/server/websocket.py"]
# asyncio documents these.
PROTOCOL = {name for name in dir(asyncio.Protocol) if not name.startswith("_")}
BASES = {"HttpConnection": adapter.HttpConnection, "SocketConnection": adapter.SocketConnection}


def classes():
    """Yield each class of the site that extends one of uvicorn, with the names that it may use."""
    known = {
        name: {*declared(base), *vars(base), *adapter.HTTP_METHODS, *adapter.SOCKET_METHODS, *PROTOCOL, "__init__"}
        for name, base in BASES.items()
    }
    for file in FILES:
        for node in ast.parse((ROOT / file).read_text()).body:
            if isinstance(node, ast.ClassDef) and (parents := [it.id for it in node.bases if it.id in known]):
                known[node.name] = known[parents[0]] | own(node)
                yield node, known[node.name]


def own(node):
    """Return the names a class defines itself: methods, class attributes, and those it sets in any method."""
    names = {it.name for it in ast.walk(node) if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef)}
    names |= {it.id for it in ast.walk(node) if isinstance(it, ast.Name) and isinstance(it.ctx, ast.Store)}
    return names | {it.attr for it in uses(node) if isinstance(it.ctx, ast.Store) and it.attr.startswith("_")}


def uses(node):
    """Yield every `self.name` and `super().name`."""
    for it in ast.walk(node):
        if isinstance(it, ast.Attribute):
            of = it.value.func if isinstance(it.value, ast.Call) else it.value
            if isinstance(of, ast.Name) and of.id in ("self", "super"):
                yield it


def test_the_sites_classes_use_what_the_adapter_names_and_nothing_else():
    found = list(classes())
    assert {node.name for node, _ in found} == {"Http", "Handshaking", "WebSocket"}
    assert [f"{node.name}.{it.attr}" for node, known in found for it in uses(node) if it.attr not in known] == []


INTERNALS = ("uvicorn.protocols", "websockets.streams", "websockets.speedups", "websockets.utils")
INTERNALS += ("daphne.server", "daphne.http_protocol", "daphne.ws_protocol", "daphne.access", "twisted.web")
INTERNALS += ("autobahn.websocket.protocol", "autobahn.twisted")


@each("folder", ["chat", "chatsite"])
def test_internals_are_imported_by_adapters_only(folder):
    found = [
        f"{path.relative_to(ROOT)} imports {node.module}"
        for path in (ROOT / folder).rglob("*.py")
        if path.parent.name != "adapters"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(INTERNALS)
    ]
    assert found == []
