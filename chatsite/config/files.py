"""Settings of uploaded files: FILES_STORAGE (a folder, an S3 bucket or a class), CHAT_FILES_HOST, CHAT_SCAN_COMMAND."""

import re
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.http.request import split_domain_port

FOLDER = "django.core.files.storage.FileSystemStorage"
S3 = "storages.backends.s3.S3Storage"
_CLASS = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")

Storage = dict[str, Any]


def storage(value: str, folder: Path, *, is_read_by_proxy: bool) -> Storage:
    """Return the entry for STORAGES. Without a value, files are in `folder`. Raises ImproperlyConfigured.

    A proxy that serves the files of a folder itself reads them as a member of the site's group.
    """
    url = urlsplit(value)
    options = dict(parse_qsl(url.query))
    if url.scheme == "s3":
        return _s3(url.netloc, url.path.strip("/"), options)
    if _CLASS.fullmatch(url.path) and not url.scheme:
        return {"BACKEND": url.path, "OPTIONS": options}
    path = Path(value or folder)
    if not path.is_absolute() or url.scheme:
        raise ImproperlyConfigured(
            f"FILES_STORAGE is {value!r}. It must be an absolute path, s3://bucket/folder, or a storage class."
        )
    file_mode, folder_mode = (0o640, 0o750) if is_read_by_proxy else (0o600, 0o700)
    modes = {"file_permissions_mode": file_mode, "directory_permissions_mode": folder_mode}
    return {"BACKEND": FOLDER, "OPTIONS": {"location": str(path), **modes}}


def _s3(bucket: str, location: str, options: dict[str, str]) -> Storage:
    if find_spec("storages") is None or find_spec("boto3") is None:
        raise ImproperlyConfigured("FILES_STORAGE names a bucket. Install django-storages[s3] to use it.")
    # Every object has a name of its own, so the storage needs no request to look for another one.
    fixed = {"bucket_name": bucket, "location": location, "file_overwrite": True, "default_acl": None}
    # Older signatures of addresses are refused in most regions and by most other services.
    return {"BACKEND": S3, "OPTIONS": {"signature_version": "s3v4", **options, **fixed}}


def host(value: str, *, is_https: bool, site_url: str) -> str:
    """Return the origin of CHAT_FILES_HOST, or an empty string if it is not set. Raise ImproperlyConfigured."""
    if not value:
        return ""
    name = split_domain_port(value)[0]
    if not name or "@" in value:
        raise ImproperlyConfigured(f"CHAT_FILES_HOST is {value!r}. It must be a host name, like files.example.org.")
    if not site_url or name == urlsplit(site_url).hostname:
        raise ImproperlyConfigured("CHAT_FILES_HOST needs a SITE_URL with another host name.")
    return f"{'https' if is_https else 'http'}://{value.lower()}"


def scan_command(value: str) -> list[str]:
    """Return the words of CHAT_SCAN_COMMAND, with `{}` for the file, or none. Raise ImproperlyConfigured."""
    try:
        words = shlex.split(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"CHAT_SCAN_COMMAND is {value!r}: {error}.") from error
    return words if not words or any("{}" in it for it in words) else [*words, "{}"]
