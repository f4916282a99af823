"""The QR code of a room's URL."""

import io

import segno
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from chat.auth.current_person import person_of
from chat.models import Room
from chat.site_address import origin_of

# White modules around the code. This is half of what ISO/IEC 18004 requires; the white card adds the rest.
BORDER = 2


@require_safe
@login_required
@cache_control(private=True, max_age=3600)
def qr(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the code as an SVG image, dark on light. It is 404 for people who cannot see the room."""
    room = get_object_or_404(Room.objects.visible_to(person_of(request)), slug=slug)
    address = origin_of(request) + room.get_absolute_url()
    image = io.BytesIO()
    draw = segno.make(address, micro=False).save
    draw(image, kind="svg", border=BORDER, light="#ffffff", xmldecl=False)
    return HttpResponse(image.getvalue(), content_type="image/svg+xml")
