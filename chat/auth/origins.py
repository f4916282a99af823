"""Which pages may make a browser send something here: those of this site, and of CSRF_TRUSTED_ORIGINS."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# By Sec-Fetch-Site (Fetch Metadata). A page of another host of the same domain is a page of another site here.
OWN_SITES = ("same-origin", "none")


def is_foreign(request: HttpRequest) -> bool:
    """Whether the `Origin` is of another scheme, host or port. Without one the sender is no page."""
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None or origin in settings.CSRF_TRUSTED_ORIGINS:
        return False
    try:
        # Daphne does not say by which scheme a socket came.
        return bool(origin != f"{'https' if settings.HTTPS else request.scheme}://{request.get_host()}")
    except DisallowedHost:
        return True


def is_sent_by_another_site(request: HttpRequest) -> bool:
    """Whether a page of another origin made a browser send this request. Following a link to here is something else."""
    if is_foreign(request):
        return True
    if request.META.get("HTTP_SEC_FETCH_SITE", "none") in OWN_SITES or "HTTP_ORIGIN" in request.META:
        return False
    is_link = request.META.get("HTTP_SEC_FETCH_MODE") == "navigate" and request.method in SAFE_METHODS
    return not is_link
