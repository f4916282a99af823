"""The names of emoji. The picker and the completion load them on first use."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from chat.text import emoji

FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def names(request: HttpRequest, version: str) -> HttpResponse:
    """Return all names. The current version is cached forever. An older page gets the current names too."""
    listing = emoji.listing()
    is_compressed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(
        listing.compressed if is_compressed else listing.content,
        content_type="application/json",
        headers={"Cache-Control": FOR_EVER if version == listing.version else "no-cache"},
    )
    if is_compressed:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
