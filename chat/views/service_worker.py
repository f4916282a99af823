"""The service worker of the site. Its address is fixed, and its folder is the part of the site that it serves."""

from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

import chat

SOURCE = Path(chat.__file__).parent / "static/chat/js/service_worker.js"


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    headers = {"Cache-Control": "no-cache"}  # browsers look for a new one with each page
    return HttpResponse(_source(), content_type="text/javascript; charset=utf-8", headers=headers)


@cache
def _source() -> bytes:
    return SOURCE.read_bytes()
