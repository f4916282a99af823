"""The web app manifest, which lets browsers install the site, and the icon for pages that name none."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

BRAND_COLOR = "#0b6b64"
PAGE_COLOR = "#f7f7f5"
DESCRIPTION = "Chat for your team."
# file, sizes, purpose
ICONS = [
    ("favicon.svg", "image/svg+xml", "any", "any"),
    ("icon-192.png", "image/png", "192x192", "any"),
    ("icon-512.png", "image/png", "512x512", "any"),
    ("icon-maskable-512.png", "image/png", "512x512", "maskable"),
]


@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    """The Web Application Manifest (W3C)."""
    home = reverse("home")
    content = {
        "id": home,
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "description": DESCRIPTION,
        "lang": "en",
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "theme_color": settings.SITE_ACCENT or BRAND_COLOR,
        "background_color": PAGE_COLOR,
        "icons": [
            {"src": static(f"chat/img/{name}"), "type": kind, "sizes": sizes, "purpose": purpose}
            for name, kind, sizes, purpose in ICONS
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json")


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect to the icon. Browsers ask for this address where a page names no icon, as Django's pages do."""
    return redirect(static("chat/img/icon-192.png"))
