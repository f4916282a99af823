"""What every page tells browsers not to do with it, beside what Django's own middleware says."""

from csp.middleware import CSPMiddleware
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


class ContentSecurityPolicy(CSPMiddleware):
    """The policy of the settings; where scripts are Django's own without Trusted Types, and as strict in all else."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_ours = request.path_info == reverse("admin_live")
        if request.path_info.startswith(reverse("admin:index")) and not is_ours:
            response._csp_replace = dict.fromkeys(TRUSTED_TYPES)  # type: ignore[attr-defined]
        return super().process_response(request, response)


class Isolation(MiddlewareMixin):
    """No page of another origin embeds what is here, and no page here reaches for the device."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response
