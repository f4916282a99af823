"""The names of emoji, for the page's picker and completion, which ask for them when they are first used."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from chat.text import emoji

FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def names(request: HttpRequest, version: str) -> HttpResponse:
    """All of them. Under the version they have now they are kept for ever; a page of before gets these, too."""
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
