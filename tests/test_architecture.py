"""The rules of the house, checked over the syntax tree: imports point one way, and only actions write."""

import ast
from pathlib import Path

import pytest
from django.db import models

from chat.models import Message

ROOT = Path(__file__).parent.parent

# From the ground up. A module may import from its own layer and from those below it.
LAYERS: list[tuple[str, set[str]]] = [
    ("ground", {"adapters", "text", "converters", "db"}),
    ("protocol", {"protocol", "errors", "transcript", "terminal", "apps", "checks", "telemetry"}),
    ("models", {"models"}),
    (
        "reading",
        {
            "serializers",
            "auth",
            "history",
            "rate_limits",
            "broadcast",
            "search",
            "exports",
            "activity",
            "rendering",
            "room_list",
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
# What Django's own contract puts into a model's manager or field, and Epoch's first use.
MAY_WRITE = (
    "chat/actions/",
    "chat/models/people.py",
    "chat/models/epoch.py",
    "chat/models/moderation.py",
    "chat/models/sessions.py",
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
    """The dotted names of the chat's modules that a module imports, wherever it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "chat":
            yield from ([f"chat.{alias.name}" for alias in node.names] if node.module == "chat" else [node.module])
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("chat."))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_point_one_way(path):
    part = path.relative_to(ROOT / "chat").parts[0].removesuffix(".py")
    if part == "__init__":
        return
    assert part in RANK, f"{part} stands in no layer; add it to LAYERS"
    for imported in imports_of(ast.parse(path.read_text())):
        other = imported.split(".")[1]
        assert RANK[other] <= RANK[part], f"{name_of(path)} imports {imported}, which stands above it"


def calls_that_write(tree):
    """Calls of the ORM's writing methods: on `objects`, on a query, or `save` and `delete` on anything."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            source = ast.unparse(node.func.value)
            is_query = "objects" in source or ".filter(" in source or "_set" in source
            if is_query or node.func.attr in ("save", "asave", "bulk_create", "bulk_update"):
                yield f"line {node.lineno}: {ast.unparse(node)[:80]}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_actions_write(path):
    if name_of(path).startswith(MAY_WRITE):
        return
    assert not list(calls_that_write(ast.parse(path.read_text())))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_the_hub_and_broadcast_know_the_channel_layer(path):
    if name_of(path) in KNOW_THE_LAYER:
        return
    source = path.read_text()
    for word in ("get_channel_layer", "group_send(", "group_add(", "channel_layers"):
        assert word not in source, f"{name_of(path)} speaks to the channel layer"


@pytest.mark.parametrize("path", modules() + modules("chatsite"), ids=name_of)
def test_only_one_module_normalises(path):
    """Python's normalising takes time quadratic in a run of marks: `chat/text/normal_forms.py` cuts such runs first."""
    if name_of(path) == "chat/text/normal_forms.py":
        return
    tree = ast.parse(path.read_text())
    called = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert not {"normalize", "is_normalized", "nameprep"} & (called | imported)
    # What of Django normalises; each is given only what `shortened` or `stream_safe` has made.
    fenced = {"Truncator": "chat/admin/base.py", "slugify": "chat/actions/rooms.py", "UsernameField": "chat/forms.py"}
    assert {it for it, where in fenced.items() if it in imported and where != name_of(path)} == set()


FOR_CLIENTS = ("chat.protocol", "chat.transcript", "chat.lines", "chat.terminal")


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "chat/protocol.py",
        ROOT / "chat/transcript/transcript.py",
        ROOT / "chat/transcript/lines.py",
        *modules("chat/terminal"),
    ],
    ids=name_of,
)
def test_clients_know_only_the_protocol(path):
    """They run without Django, and without this site's settings."""
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    } | set(imports_of(ast.parse(path.read_text())))
    known = {name for name in imported if name and name.split(".")[0] in ("django", "chat", "chatsite", "channels")}
    assert {name for name in known - {"chat"} if not name.startswith(FOR_CLIENTS)} == set()


@pytest.mark.parametrize("path", modules() + modules("chatsite"), ids=name_of)
def test_every_module_says_its_role_first(path):
    source = path.read_text()
    assert not source.strip() or ast.get_docstring(ast.parse(source)), f"{name_of(path)} has no docstring"


@pytest.mark.parametrize("field", ["room", "author"])
def test_messages_never_vanish_with_what_they_hang_on(field):
    """A cascade would take messages along without moving the head, and nobody would hear of it."""
    assert Message._meta.get_field(field).remote_field.on_delete in (models.PROTECT, models.SET_NULL)
