"""Reports of browsers about violations of the Content Security Policy: an attack, or an error in a page."""

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
    """Count a report by its directive. Anyone can send reports, so only known directive names are kept."""
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
    """Return the directive names that are counted."""
    return [*settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], OTHER]


def _directive(body: bytes) -> str | None:
    """Return the directive of a report (CSP Level 3, section 5.3): a known name or `other`. None if it is no report."""
    try:
        data: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    report = data.get("csp-report") if isinstance(data, dict) else None
    if not isinstance(report, dict):
        return None
    name = str(report.get("effective-directive") or report.get("violated-directive") or "").partition(" ")[0]
    # `script-src-elem` and `script-src-attr` are the two halves of `script-src`.
    name = name.removesuffix("-elem").removesuffix("-attr")
    return name if name in directives() else OTHER
