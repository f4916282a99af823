"""Whether the static files that pages name have been collected, and whether the database's are private."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from chat.adapters.django_static import ManifestStaticFilesStorage, manifest


@register(Tags.compatibility)
def check_static_files(**kwargs: Any) -> list[CheckMessage]:
    """Not tagged `staticfiles`: `collectstatic` itself runs those."""
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
    """Files that exist keep the mode they have: an operator may have let a group read them, for backups."""
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


def uncollected() -> list[str]:
    """Files that pages may name and nobody has collected yet: a page that names one could not be made.

    None where files are served as they lie there.
    """
    if not isinstance(staticfiles_storage, ManifestStaticFilesStorage):
        return []
    names = {name.replace("\\", "/") for finder in get_finders() for name, _ in finder.list([])}
    return sorted(names - manifest(staticfiles_storage).keys())
