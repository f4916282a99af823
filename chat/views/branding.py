"""The accent colour and the logo that the settings choose. Both are public and the same for everyone."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from chatsite.config.branding import LOGO_TYPES

# The colour gives only the hue and the strength. The lightness is that of the site's own accent, so that every colour
# has enough contrast with its surroundings in both schemes.
ACCENT = """:root {
  --teal: light-dark(oklch(from %(color)s 0.47 c h), oklch(from %(color)s 0.78 c h));
  --teal-deep: light-dark(oklch(from %(color)s 0.39 c h), oklch(from %(color)s 0.85 c h));
  --teal-wash: light-dark(oklch(from %(color)s 0.94 calc(c * 0.2) h), oklch(from %(color)s 0.29 calc(c * 0.35) h));
  --on-teal: light-dark(#ffffff, oklch(from %(color)s 0.22 calc(c * 0.4) h));
}
"""


@require_safe
@cache_control(public=True, max_age=3600)
def accent(request: HttpRequest) -> HttpResponse:
    """Return the style sheet of SITE_ACCENT, or 404 without one."""
    if not settings.SITE_ACCENT:
        raise Http404
    return HttpResponse(ACCENT % {"color": settings.SITE_ACCENT}, content_type="text/css; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def logo(request: HttpRequest) -> HttpResponse:
    """Return the file of SITE_LOGO, or 404 without one."""
    path = settings.SITE_LOGO
    if path is None:
        raise Http404
    return HttpResponse(path.read_bytes(), content_type=LOGO_TYPES[path.suffix.lower()])
