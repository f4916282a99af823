"""For whatever watches over the process: is it alive, and can it serve?"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.delivery.process import readiness


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive. It asks nothing of anybody, so a database that is down gets no process restarted."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready, or 503 with what is in the way."""
    obstacles = readiness.failing_checks()
    return JsonResponse({"ready": not obstacles, "obstacles": obstacles}, status=503 if obstacles else 200)
