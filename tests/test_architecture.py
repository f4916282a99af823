"""The architecture rules, checked on the syntax tree: imports point one way, and only actions write."""

import ast
from functools import cache
from pathlib import Path

from django.db import models

from chat.models import Message
from tests.cases import each

ROOT = Path(__file__).parent.parent

# From the ground up. A module may import from its own layer and from those below it.
LAYERS: list[tuple[str, set[str]]] = [
    ("ground", {"adapters", "text", "converters", "db", "outbound"}),
    ("protocol", {"protocol", "errors", "transcript", "terminal", "apps", "checks", "telemetry"}),
    ("models", {"models"}),
    (
        "reading",
        {
            "serializers",
            "parts",
            "auth",
            "history",
            "rate_limits",
            "broadcast",
            "search",
            "exports",
            "archives",
            "files",
            "activity",
            "bookmarks",
            "live_figures",
            "rendering",
            "direct_rooms",
            "room_list",
            "member_list",
            "missed",
            "mail",
            "push",
            "previews",
            "webhooks",
            "site_address",
        },
    ),
    ("actions", {"actions"}),
    ("demonstration", {"demo"}),
    ("delivery", {"delivery", "forms", "metrics"}),
    ("edges", {"views", "api", "consumers", "admin", "management", "middleware", "templatetags"}),
    ("addresses", {"urls", "routing"}),
]
RANK = {part: rank for rank, (_, parts) in enumerate(LAYERS) for part in parts}

WRITES = {"save", "create", "get_or_create", "update_or_create", "update", "delete"}
WRITES |= {"bulk_create", "bulk_update", "asave", "acreate", "aupdate", "adelete"}
# The writes of Django's own contracts for managers and fields, and the first use of Epoch.
MAY_WRITE = (
    "chat/actions/",
    "chat/models/people.py",
    "chat/models/epoch.py",
    "chat/models/moderation.py",
    "chat/models/sessions.py",
    "chat/files/",  # objects and pictures, and no rows
    "chat/migrations/",
)
KNOW_THE_LAYER = {
    "chat/broadcast.py",
    "chat/delivery/hub.py",
    "chat/delivery/service.py",
    "chat/delivery/process/readiness.py",
}


def modules(folder="chat"):
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def name_of(path):
    return str(path.relative_to(ROOT))


def imports_of(tree):
    """Return the dotted names of the chat's modules that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "chat":
            yield from ([f"chat.{alias.name}" for alias in node.names] if node.module == "chat" else [node.module])
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("chat."))


def parsed(paths):
    """The syntax tree of each module, by the module's name."""
    return {name_of(path): tree_of(path) for path in paths}


@cache
def tree_of(path):
    return ast.parse(path.read_text())


def part_of(name):
    """Return the part of the chat that a module belongs to, such as `models`."""
    return name.split("/")[1].removesuffix(".py")


def test_imports_point_one_way():
    trees = {name: tree for name, tree in parsed(modules()).items() if part_of(name) != "__init__"}
    unknown = {part_of(name) for name in trees} - set(RANK)
    assert not unknown, "add these to a layer of LAYERS"
    upward = [
        f"{name} imports {imported}, which stands above it"
        for name, tree in trees.items()
        for imported in imports_of(tree)
        if RANK[imported.split(".")[1]] > RANK[part_of(name)]
    ]
    assert upward == []


def calls_that_write(tree):
    """Calls of the ORM's writing methods: on `objects`, on a query, or `save` and `delete` on anything."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            source = ast.unparse(node.func.value)
            is_query = "objects" in source or ".filter(" in source or "_set" in source
            if is_query or node.func.attr in ("save", "asave", "bulk_create", "bulk_update"):
                yield f"line {node.lineno}: {ast.unparse(node)[:80]}"


def test_only_actions_write():
    trees = {name: tree for name, tree in parsed(modules()).items() if not name.startswith(MAY_WRITE)}
    assert [f"{name}, {call}" for name, tree in trees.items() for call in calls_that_write(tree)] == []


# Where people ask for something. Each query there says for whom it is.
FOR_SOMEONE = {"views", "api", "consumers", "templatetags", "search"}
ACCESS = {"visible_to", "readable_by", "open_to", "public"}


def test_queries_of_pages_and_the_api_apply_the_access_rule():
    found = []
    for name, tree in parsed(modules()).items():
        if part_of(name) in FOR_SOMEONE:
            parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
            for node in ast.walk(tree):
                if ast.unparse(node) in ("Room.objects", "Message.objects"):
                    chain = set()
                    while isinstance(node := parents[node], (ast.Attribute, ast.Call)):
                        chain |= {node.attr} if isinstance(node, ast.Attribute) else set()
                    if not chain & ACCESS:
                        found.append(f"{name}: {sorted(chain)}")
    assert found == []


def test_only_the_hub_and_broadcast_know_the_channel_layer():
    words = ("get_channel_layer", "group_send(", "group_add(", "channel_layers")
    sources = {name_of(path): path.read_text() for path in modules() if name_of(path) not in KNOW_THE_LAYER}
    assert [f"{name}: {word}" for name, source in sources.items() for word in words if word in source] == []


NORMALISING = {"normalize", "is_normalized", "nameprep"}
# The functions of Django that normalise. Each gets only the output of `shortened` or `stream_safe`.
FENCED = {
    "Truncator": "chat/admin/base.py",
    "slugify": "chat/actions/rooms.py",
    "UsernameField": "chat/forms/fields.py",
}


def normalising_names_in(name, tree):
    """Yield the calls and imports of normalisation, which only one module may use."""
    called = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    return NORMALISING & (called | imported) | {it for it in imported if FENCED.get(it, name) != name}


def test_only_one_module_normalises():
    """Python's normalising takes time quadratic in a run of marks: `chat/text/normal_forms.py` cuts such runs first."""
    trees = parsed(modules() + modules("chatsite"))
    del trees["chat/text/normal_forms.py"]
    assert [f"{name}: {it}" for name, tree in trees.items() for it in normalising_names_in(name, tree)] == []


FOR_CLIENTS = ("chat.text.sizes", "chat.errors", "chat.protocol", "chat.transcript", "chat.terminal")


def test_clients_know_only_the_protocol():
    """They run without Django, and without this site's settings."""
    paths = [
        ROOT / "chat/errors.py",
        ROOT / "chat/protocol.py",
        ROOT / "chat/transcript/transcript.py",
        ROOT / "chat/transcript/lines.py",
    ]
    outside = [
        f"{name} imports {imported}"
        for name, tree in parsed([*paths, *modules("chat/terminal")]).items()
        for imported in {*all_imports_of(tree), *imports_of(tree)} - {"chat"}
        if imported.split(".")[0] in ("django", "chat", "chatsite", "channels")
        if not imported.startswith(FOR_CLIENTS)
    ]
    assert outside == []


def all_imports_of(tree):
    """The dotted names of the modules that a module imports, of libraries as well."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_every_module_has_a_docstring():
    paths = [path for path in modules() + modules("chatsite") if path.read_text().strip()]
    assert [name_of(path) for path in paths if not ast.get_docstring(tree_of(path))] == []


@each("field", ["room", "author"])
def test_no_cascade_deletes_messages(field):
    """A cascade would take messages along without moving the head, and nobody would hear of it."""
    assert Message._meta.get_field(field).remote_field.on_delete in (models.PROTECT, models.SET_NULL)


# Modules with which a program opens connections to anywhere.
CONNECTING = {"requests", "requests_hardened", "urllib3", "urllib.request", "http.client", "socket", "aiohttp", "httpx"}
CONNECTING |= {"smtplib", "ftplib", "telnetlib", "xmlrpc"}
# The guard itself, the terminal client, and modules that connect to nothing that a person names.
MAY_CONNECT = {
    "chat/outbound.py": "the guard",
    "chat/mail/smtp.py": "talks to the mail server of EMAIL_URL only",
    "chat/metrics/workers.py": "asks for the name of the host",
}


def connecting_imports(tree):
    return [it for it in all_imports_of(tree) if any(f"{it}.".startswith(f"{module}.") for module in CONNECTING)]


def test_only_one_module_opens_connections_to_addresses_that_people_give():
    trees = {name: tree for name, tree in parsed(modules()).items() if not name.startswith("chat/terminal/")}
    found = {name: imported for name, tree in trees.items() if (imported := connecting_imports(tree))}
    assert {name: it for name, it in found.items() if name not in MAY_CONNECT} == {}
    assert found.keys() == MAY_CONNECT.keys()


def test_an_import_of_a_module_that_connects_is_found_in_a_function():
    tree = ast.parse("def load():\n    from urllib.request import urlopen\n    import requests.adapters")
    assert connecting_imports(tree) == ["urllib.request", "requests.adapters"]
