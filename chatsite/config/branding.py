"""The settings of the site's own look: its name, its accent colour and its logo."""

import re
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

NAME_MAX_LENGTH = 40
LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}


def site_name(value: str) -> str:
    """Return the name without surrounding spaces. Raises ImproperlyConfigured for one that no title can show."""
    name = " ".join(value.split())
    if not name.isprintable() or not 0 < len(name) <= NAME_MAX_LENGTH:
        raise ImproperlyConfigured(f"SITE_NAME is {value!r}. It must have 1 to {NAME_MAX_LENGTH} visible characters.")
    return name


def accent_color(value: str) -> str:
    """Return a colour such as #0b6b64, or an empty string for the site's own. Raises ImproperlyConfigured."""
    if value and not re.fullmatch("#[0-9a-fA-F]{6}", value):
        raise ImproperlyConfigured(f"SITE_ACCENT is {value!r}. It must be a colour such as #0b6b64.")
    return value


def logo(value: str) -> Path | None:
    """Return the path of the logo, or None for the site's own. Raises ImproperlyConfigured for an unusable file."""
    if not value:
        return None
    path = Path(value)
    if path.suffix.lower() not in LOGO_TYPES or not path.is_file():
        kinds = ", ".join(LOGO_TYPES)
        raise ImproperlyConfigured(f"SITE_LOGO is {value!r}. It must be the path of a file that ends in {kinds}.")
    return path
