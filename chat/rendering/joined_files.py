"""In production, the JavaScript modules of the pages are one file, and a style sheet contains those that it imports.

The source keeps its order and needs no build step: in development, browsers load the modules one by one.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from chat.rendering.js_modules import modules_of

# What the pages load. The entries themselves stay files of their own, since they run something.
ENTRIES = ("chat/js/main.js", "chat/js/room.js", "chat/js/profile.js", "chat/js/secret.js")
LIBRARY = "chat/js/library.js"
# Its modules are in a global variable. Modules that it loads later cannot import it, since then the names of both files
# would contain the hash of the other.
_GLOBAL = "chatLibrary"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";$', re.MULTILINE)
_DYNAMIC_IMPORT = re.compile(r'\bimport\("(\.[^"]+)"\)')
_EXPORT = re.compile(r"^export (?=(?:async )?(?:class|const|function)\*? (\w+))", re.MULTILINE)
_UNKNOWN = re.compile(r"^(?:import|export)\b[^(].*", re.MULTILINE)
_CSS_IMPORT = re.compile(r'^@import "([^"]+)";$', re.MULTILINE)

ReadSource = Callable[[str], str]


class JoinedFiles(NamedTuple):
    """`contents` has the files that differ from their source, by name. `parts` names the file that each part is in."""

    contents: dict[str, str]
    parts: dict[str, str]


def join_files(names: list[str], read: ReadSource) -> JoinedFiles:
    """Join the static files of `names`. `read` returns the source of one.

    Raises:
        ValueError: A module imports or exports in a way that cannot be joined, or imports itself through others.
    """
    modules = _in_order(read)
    variables = {name: f"m{number}" for number, name in enumerate(modules)}
    pieces = [_wrapped(name, read(name), variables) for name in modules]
    contents = {LIBRARY: "\n".join([*pieces, f"globalThis.{_GLOBAL} = {{ {', '.join(variables.values())} }};\n"])}
    parts = dict.fromkeys(modules, LIBRARY)
    for name in names:
        if not name.startswith("chat/") or name in parts:
            continue
        if name.endswith(".js"):
            begin = f'import "{_relative(LIBRARY, name)}";\n' if name in ENTRIES else ""
            contents[name] = begin + _with_library(name, read(name), variables)
        elif name.endswith(".css") and (imported := _CSS_IMPORT.findall(read(name))):
            sheets = [_resolved(name, it) for it in imported]
            contents[name] = "\n".join(map(read, sheets))
            parts |= dict.fromkeys(sheets, name)
    return JoinedFiles(contents, parts)


def _in_order(read: ReadSource) -> list[str]:
    """Return the modules that the entries import, each after those that it imports."""
    ordered: dict[str, bool] = {}

    def visit(name: str) -> None:
        if name in ordered:
            if not ordered[name]:
                raise ValueError(f"The module {name} imports itself, directly or through others.")
            return
        ordered[name] = False
        for _, address in _IMPORT.findall(read(name)):
            visit(_resolved(name, address))
        # Moved to the end, after those it imports.
        del ordered[name]
        ordered[name] = True

    for name in modules_of(*ENTRIES):
        if name not in ENTRIES:
            visit(name)
    return list(ordered)


def _wrapped(name: str, source: str, variables: Mapping[str, str]) -> str:
    """Return a module as a function of its own, so that names that are not exported cannot clash."""
    exported = _EXPORT.findall(source)
    body = _DYNAMIC_IMPORT.sub(
        lambda it: f'import("{_relative(_resolved(name, it[1]), LIBRARY)}")',
        _EXPORT.sub("", _with_library(name, source, variables, "")),
    )
    if unknown := _UNKNOWN.search(body):
        raise ValueError(f"{name} cannot be joined with other modules: {unknown[0]}")
    return f"// {name}\nconst {variables[name]} = (() => {{\n{body}return {{ {', '.join(exported)} }};\n}})();\n"


def _with_library(name: str, source: str, variables: Mapping[str, str], scope: str = f"{_GLOBAL}.") -> str:
    """Return a module that takes what it imports from the library where that has it."""

    def replacement(found: re.Match[str]) -> str:
        variable = variables.get(_resolved(name, found[2]))
        return f"const {{{found[1].replace(' as ', ': ')}}} = {scope}{variable};" if variable else found[0]

    return _IMPORT.sub(replacement, source)


def _resolved(importer: str, address: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), address))


def _relative(name: str, importer: str) -> str:
    return f"./{posixpath.relpath(name, posixpath.dirname(importer))}"
