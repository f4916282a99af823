"""What every page tells browsers not to do with it, beside what Django's own middleware says."""

from functools import cache

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

# Of what a page could ask a browser for, this site uses none but what is written to the clipboard and full screens.
PERMISSIONS = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), geolocation=(), gyroscope=(), "
    "hid=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), "
    "xr-spatial-tracking=()"
)
# What Django's own admin scripts do all the time: they make elements of text.
TRUSTED_TYPES = ("require-trusted-types-for", "trusted-types")


# Of these Django shows pages to developers that have styles of their own.
EXPLAINED = (404, 500)


class ContentSecurityPolicy(MiddlewareMixin):
    """The policy of the settings; where scripts are Django's own without Trusted Types, and as strict in all else.

    There are these two, so each is put together once. django-csp's middleware does it anew for each answer, twice.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not (settings.DEBUG and response.status_code in EXPLAINED):
            response.headers.setdefault(HEADER, _policy(is_djangos=_is_djangos(request.path_info)))
        return response


@cache
def _policy(*, is_djangos: bool) -> str:
    return build_policy(replace=dict.fromkeys(TRUSTED_TYPES) if is_djangos else None)


def _is_djangos(path: str) -> bool:
    admin, ours = _addresses()
    return path.startswith(admin) and path != ours


@cache
def _addresses() -> tuple[str, str]:
    """Of the admin, and of the page in it that has a script of ours."""
    return reverse("admin:index"), reverse("admin_live")


class Isolation(MiddlewareMixin):
    """No page of another origin embeds what is here, and no page here reaches for the device."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response
