"""Which JavaScript modules a page needs, read in the modules themselves."""

import posixpath
import re
from pathlib import Path

from django.contrib.staticfiles import finders

# What is imported only when it is asked for, by `import(…)`, is not needed at first.
_IMPORT = re.compile(r'^\s*(?:import|export|\}) [^;]*?from "(\.[^"]+)";|^import "(\.[^"]+)";', re.MULTILINE)


def modules_of(*entries: str) -> list[str]:
    """The static names of the modules that `entries` import, at whatever remove, and their own; entries first."""
    found = list(entries)
    for name in found:  # grows meanwhile
        found += [imported for imported in _imports(name) if imported not in found]
    return found


def _imports(name: str) -> list[str]:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"There is no static file {name}.")
    addresses = ("".join(match) for match in _IMPORT.findall(Path(path).read_text()))
    return [posixpath.normpath(posixpath.join(posixpath.dirname(name), address)) for address in addresses]
