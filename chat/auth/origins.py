"""Checks of a request's origin: pages of this site and of CSRF_TRUSTED_ORIGINS may send requests here."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# Values of Sec-Fetch-Site (Fetch Metadata). `same-site`, another host of the same domain, is not trusted.
OWN_SITES = ("same-origin", "none")


def is_foreign(request: HttpRequest) -> bool:
    """Return whether the `Origin` has another scheme, host or port. Without the header, the sender is not a page."""
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None or origin in settings.CSRF_TRUSTED_ORIGINS:
        return False
    try:
        # Daphne does not tell the scheme of a WebSocket.
        return bool(origin != f"{'https' if settings.HTTPS else request.scheme}://{request.get_host()}")
    except DisallowedHost:
        return True


def is_sent_by_another_site(request: HttpRequest) -> bool:
    """Return whether a page of another origin made a browser send this request. A followed link does not count."""
    if is_foreign(request):
        return True
    if request.META.get("HTTP_SEC_FETCH_SITE", "none") in OWN_SITES or "HTTP_ORIGIN" in request.META:
        return False
    is_link = request.META.get("HTTP_SEC_FETCH_MODE") == "navigate" and request.method in SAFE_METHODS
    return not is_link
