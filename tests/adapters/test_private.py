"""Private and undocumented parts of libraries are used only in chat/adapters."""

import ast
import importlib
import inspect

from tests.site import ROOT

FILES = [
    path
    for folder in ("chat", "chatsite")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not path.is_relative_to(ROOT / "chat/adapters")
]
# Documented in spite of their names: by Django for models and managers, and by Python.
DOCUMENTED = {"_meta", "_state", "_default_manager", "_db", "_asdict", "_exit"}
UNDOCUMENTED_MODULES = (
    "channels.consumer",
    "channels.generic",
    "channels_redis",
    "daphne.access",
    "daphne.http_protocol",
    "daphne.server",
    "daphne.ws_protocol",
    "django.contrib.admin.options",
    "django.contrib.admin.utils",
    "django.contrib.admin.views",
    "django.contrib.sessions.backends.db",
    "django.contrib.staticfiles.handlers",
    "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
    "django.core.handlers",
    "django.db.models.base",
    "django.db.models.query",
    "django.db.models.sql",
    "django.db.backends.sqlite3.base.FORMAT_QMARK_REGEX",
    "redis.asyncio.connection",
    "twisted.web",
    "uvicorn.protocols",
    "whitenoise",
)
# A migration keeps what it was written with.
FROZEN = {"chat/migrations/0004_profiles.py"}


def is_private(name):
    """Return whether a name is private. Names with an underscore on both sides are those of enumerations."""
    return name.startswith("_") and not name.endswith("_") and not name.startswith("__") and name not in DOCUMENTED


def trees():
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in FILES}


def names_of_our_own(nodes):
    """Return the names that the site defines: functions, classes, and attributes that are set."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):  # __slots__
            yield node.value


def test_no_private_attribute_of_a_library_is_used_outside_its_adapter():
    nodes = {path: list(ast.walk(tree)) for path, tree in trees().items()}
    ours = {name for found in nodes.values() for name in names_of_our_own(found)}
    used = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, found in nodes.items()
        for node in found
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in ours
    ]
    assert used == []


def test_no_undocumented_module_is_imported_outside_its_adapter():
    found = [
        f"{path}:{node.lineno} {name}"
        for path, tree in trees().items()
        if path not in FROZEN
        for node in ast.walk(tree)
        for name in imported(node)
        if name.startswith(UNDOCUMENTED_MODULES)
    ]
    assert found == []


def imported(node):
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def test_no_private_method_of_a_library_is_overridden_outside_its_adapter():
    """An override does not show in the text: the name is the site's own there."""
    overridden = [
        f"{kind.__module__}.{kind.__qualname__}.{name}"
        for path in FILES
        if path.name != "__main__.py" and "migrations" not in path.parts
        for kind in classes_of(importlib.import_module(module_of(path)))
        for name, value in vars(kind).items()
        if is_private(name) and inspect.isfunction(value) and overrides_a_library(kind, name)
    ]
    assert overridden == []


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def classes_of(module):
    return [it for it in vars(module).values() if inspect.isclass(it) and it.__module__ == module.__name__]


def overrides_a_library(kind, name):
    bases = [it for it in kind.__mro__[1:] if it.__module__.partition(".")[0] not in ("chat", "chatsite")]
    return any(name in vars(base) for base in bases)
