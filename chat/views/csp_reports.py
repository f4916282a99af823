"""What browsers report of pages that broke their own policy: somebody tried something, or a page of ours is wrong."""

import json
import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from chat.auth import login_throttle, origins
from chat.rate_limits import limits
from chat.telemetry.counters import counts

log = logging.getLogger(__name__)

MAX_BYTES = 16 * 1024
OTHER = "other"


@csrf_exempt
@require_POST
def violation(request: HttpRequest) -> HttpResponse:
    """Count it, by the directive. Anybody may send one, so nothing of it is believed: only names we know are kept."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        return HttpResponse(status=413)
    if origins.is_sent_by_another_site(request):
        return HttpResponse(status=403)
    if limits.violations().take(login_throttle.address_of(request)):
        return HttpResponse(status=429)
    directive = _directive(request.body)
    if directive is None:
        return HttpResponse(status=400)
    counts.policy_violations[directive] += 1
    log.warning("A page broke its policy at %s.", directive)
    return HttpResponse(status=204)


def directives() -> list[str]:
    """What a report may be about."""
    return [*settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], OTHER]


def _directive(body: bytes) -> str | None:
    """The directive of a report (CSP Level 3, section 5.3), a name of ours or `other`; None for what is no report."""
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    report = told.get("csp-report") if isinstance(told, dict) else None
    if not isinstance(report, dict):
        return None
    name = str(report.get("effective-directive") or report.get("violated-directive") or "").partition(" ")[0]
    # `script-src-elem` and `script-src-attr` are the two halves of `script-src`.
    name = name.removesuffix("-elem").removesuffix("-attr")
    return name if name in directives() else OTHER
