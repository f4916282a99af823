"""The JavaScript modules that a page needs, found by reading the imports of the modules."""

import posixpath
import re
from pathlib import Path

from django.contrib.staticfiles import finders

# Static imports only. A module imported by `import(…)` is loaded later.
_IMPORT = re.compile(r'^\s*(?:import|export|\}) [^;]*?from "(\.[^"]+)";|^import "(\.[^"]+)";', re.MULTILINE)


def modules_of(*entries: str) -> list[str]:
    """Return the static names of `entries` and of all modules that they import, directly or not. Entries first."""
    found = list(entries)
    for name in found:  # the list grows during the loop
        found += [imported for imported in _imports(name) if imported not in found]
    return found


def _imports(name: str) -> list[str]:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"There is no static file {name}.")
    addresses = ("".join(match) for match in _IMPORT.findall(Path(path).read_text()))
    return [posixpath.normpath(posixpath.join(posixpath.dirname(name), address)) for address in addresses]
