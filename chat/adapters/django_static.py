"""The undocumented parts of Django's static files that the site uses: the handler, and the names of a storage."""

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

__all__ = ["ASGIStaticFilesHandler", "ManifestStaticFilesStorage", "manifest"]

HANDLER_METHODS = {"__init__": ("application",), "__call__": ("scope", "receive", "send")}
STORAGE_METHODS = {"url": ("name", "force")}
STORAGE_ATTRIBUTES = ("hashed_files", "support_js_module_import_aggregation")


def manifest(storage: ManifestStaticFilesStorage) -> dict[str, str]:
    """Return a mapping from the name of each collected file to the name under which it is served."""
    names: dict[str, str] = storage.hashed_files
    return names
