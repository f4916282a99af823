"""Whether the static files that pages name have been collected."""

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.compatibility)
def check_static_files(**kwargs: Any) -> list[CheckMessage]:
    """Not tagged `staticfiles`: `collectstatic` itself runs those."""
    missing = uncollected()
    if not missing:
        return []
    return [
        Warning(
            f"{len(missing)} static files are not in {settings.STATIC_ROOT}, such as {missing[0]}: the site will not "
            "start.",
            hint="Run: python manage.py collectstatic --noinput",
            id="chat.W014",
        )
    ]


def uncollected() -> list[str]:
    """Files that pages may name and nobody has collected yet: a page that names one could not be made.

    None where files are served as they lie there.
    """
    if not isinstance(staticfiles_storage, ManifestStaticFilesStorage):
        return []
    names = {name.replace("\\", "/") for finder in get_finders() for name, _ in finder.list([])}
    return sorted(names - staticfiles_storage.hashed_files.keys())
