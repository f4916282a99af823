"""What the site uses of Django's static files that is undocumented: the handler, and how a storage looks up a name."""

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

__all__ = ["ASGIStaticFilesHandler", "ManifestStaticFilesStorage", "manifest"]

HANDLER_METHODS = {"__init__": ("application",), "__call__": ("scope", "receive", "send")}
STORAGE_METHODS = {"url": ("name", "force")}
STORAGE_ATTRIBUTES = ("hashed_files", "support_js_module_import_aggregation")


def manifest(storage: ManifestStaticFilesStorage) -> dict[str, str]:
    """Return the name that each collected file is served under, by its own name."""
    names: dict[str, str] = storage.hashed_files
    return names
