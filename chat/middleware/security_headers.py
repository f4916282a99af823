"""Security headers on every response, in addition to those of Django's own middleware."""

from functools import cache

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from chat.files import addresses

# The browser features that this site disables. It uses only the clipboard and full screen.
PERMISSIONS = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), geolocation=(), gyroscope=(), "
    "hid=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), "
    "xr-spatial-tracking=()"
)
# Directives that Django's own admin scripts would break, because they create elements from text.
TRUSTED_TYPES = ("require-trusted-types-for", "trusted-types")


# With DEBUG Django answers these with pages for developers, which have inline styles.
DEBUG_PAGES = (404, 500)


class ContentSecurityPolicy(MiddlewareMixin):
    """Sends the policy of the settings. Pages with Django's own scripts get the same policy without Trusted Types.

    Each of the two is built once. It replaces the middleware of django-csp, which builds a policy twice per response.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not (settings.DEBUG and response.status_code in DEBUG_PAGES):
            response.headers.setdefault(HEADER, _policy(is_djangos=_has_django_scripts(request.path_info)))
        return response


@cache
def _policy(*, is_djangos: bool) -> str:
    elsewhere = [origin] if (origin := addresses.origin()) else []
    return build_policy(
        update=dict.fromkeys(("img-src", "media-src"), elsewhere),
        replace=dict.fromkeys(TRUSTED_TYPES) if is_djangos else None,
    )


def _has_django_scripts(path: str) -> bool:
    admin, live_page = _admin_paths()
    return path.startswith(admin) and path != live_page


@cache
def _admin_paths() -> tuple[str, str]:
    """Return the path of the admin, and of its one page with this site's own script."""
    return reverse("admin:index"), reverse("admin_live")


class Isolation(MiddlewareMixin):
    """Keeps other origins from embedding responses, and pages from using features of the device."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response
