"""Health checks: liveness and readiness."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.delivery.process import readiness


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Report that the process is alive. It uses no database, so an outage restarts no process."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Report readiness: 200, or 503 with the failing checks."""
    obstacles = readiness.failing_checks()
    return JsonResponse({"ready": not obstacles, "obstacles": obstacles}, status=503 if obstacles else 200)
