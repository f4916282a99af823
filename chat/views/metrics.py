"""The metrics, for a Prometheus server with the token."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder

from chat.metrics.workers import Workers


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics in the requested format. No query is made, because they must report database outages too."""
    if not settings.CHAT_METRICS:
        raise Http404
    if not _has_valid_token(request):
        return HttpResponse("Send the metrics token.\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(Workers()), content_type=content_type)


def _has_valid_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = settings.CHAT_METRICS_TOKEN
    return not expected or (scheme.lower() == "bearer" and constant_time_compare(token.strip(), expected))
