"""Checks that static files are collected, database files private, and that uploaded files can be redirected to."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.files.storage import storages
from django.db import connections

from chat.adapters.django_static import ManifestStaticFilesStorage, manifest


@register(Tags.compatibility)
def check_static_files(**kwargs: Any) -> list[CheckMessage]:
    """Warn about uncollected files. Not tagged `staticfiles`, since `collectstatic` itself runs those checks."""
    missing = uncollected()
    if not missing:
        return []
    return [
        Warning(
            f"{len(missing)} static files are missing from {settings.STATIC_ROOT}, such as {missing[0]}. "
            "The site will not start.",
            hint="Run: python manage.py collectstatic --noinput",
            id="chat.W014",
        )
    ]


@register(Tags.security)
def check_database_files(**kwargs: Any) -> list[CheckMessage]:
    """Warn only. The mode of existing files is not changed, since a group may need to read them for backups."""
    if settings.DEBUG or os.name == "nt":
        return []
    names = [str(it.settings_dict["NAME"]) for it in connections.all() if it.vendor == "sqlite"]
    files = [Path(name + suffix) for name in names for suffix in ("", "-wal", "-shm")]
    return [
        Warning(
            f"Other accounts on this machine can read or write {file}. It contains all messages.",
            hint=f"Run: chmod 600 {file}",
            id="chat.W016",
        )
        for file in files
        if file.is_file() and file.stat().st_mode & 0o077
    ]


@register(Tags.compatibility)
def check_file_addresses(**kwargs: Any) -> list[CheckMessage]:
    if not settings.CHAT_FILES_REDIRECT:
        return []
    others = [name for name in ("CHAT_FILES_ACCEL", "CHAT_FILES_HOST") if getattr(settings, name)]
    if not others and _signs_addresses():
        return []
    message = f"{others[0]} is set as well" if others else "FILES_STORAGE signs no addresses"
    hint = "Set CHAT_FILES_REDIRECT=off, or keep files in an S3 bucket, without the other settings of their addresses."
    return [Error(f"CHAT_FILES_REDIRECT is on, but {message}. No file would be served.", hint=hint, id="chat.E008")]


def _signs_addresses() -> bool:
    """Return whether the storage makes addresses with a signature. This needs its library, and no network."""
    storage: Any = storages["files"]
    try:
        url = urlsplit(storage.url("object", parameters={}, expire=60))
    except Exception:  # of any library
        return False
    return bool(url.netloc and url.query)


def uncollected() -> list[str]:
    """Return the static files that are not collected yet. A page that names one of them cannot be rendered.

    Empty if the storage has no manifest, as in development.
    """
    if not isinstance(staticfiles_storage, ManifestStaticFilesStorage):
        return []
    names = {name.replace("\\", "/") for finder in get_finders() for name, _ in finder.list([])}
    return sorted(names - manifest(staticfiles_storage).keys())
