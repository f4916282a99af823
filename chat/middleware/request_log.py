"""The request log: an id for each HTTP request, which all its log lines carry, and one line about the request."""

import logging
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from chat.middleware.pages import PROBES
from chat.telemetry import logs
from chat.telemetry.counters import counts

ASGIEvent = MutableMapping[str, Any]
ASGIReceive = Callable[[], Awaitable[ASGIEvent]]
ASGISend = Callable[[ASGIEvent], Awaitable[None]]
ASGIApplication = Callable[[Any, ASGIReceive, ASGISend], Awaitable[Any]]

HEADER = b"x-request-id"
# Only this site's own code answers with this status. Django never does.
REFUSED = 503
# uvicorn's line about a request that it cannot parse.
MALFORMED = "Invalid HTTP request received."
# The form of an id that a proxy, or anyone, may give a request. It is strict, because the id is logged and sent back.
_ID = re.compile(rb"[A-Za-z0-9-]{1,64}")


class WithoutRefusals(logging.Filter):
    """Drops Django's error line for an intended answer: a 503, and any answer to a probe.

    Anyone could fill the log with these. The request's own line and `/metrics` have the status, and the site logs the
    reason itself. Uncaught exceptions are still logged.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        is_chosen = path in PROBES or getattr(record, "status_code", None) == REFUSED
        return record.exc_info is not None or not is_chosen


class WithoutConnections(logging.Filter):
    """Drops the server's own lines about single connections.

    Some contain addresses, queries or, at the debug level, headers. `docs/privacy.md` promises that none of these is
    logged. The line about a malformed request has no information, and anyone could fill the log with it. The site
    writes its own lines, `connect` and `request`.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = str(record.msg)
        return record.levelno >= logging.INFO and not ('"WebSocket %s"' in message or message.startswith(MALFORMED))


class AccessLog:
    """ASGI middleware around the whole HTTP application, including static files."""

    def __init__(self, application: ASGIApplication):
        self._application = application

    async def __call__(self, scope: Any, receive: ASGIReceive, send: ASGISend) -> None:
        request_id, status = _id_of(scope), 0

        async def answer(event: ASGIEvent) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
                event = {**event, "headers": [*event.get("headers", ()), (HEADER, request_id.encode())]}
            await send(event)

        logs.request_id.set(request_id)
        began_at = time.perf_counter()
        try:
            await self._application(scope, receive, answer)
        finally:
            _finish(scope, status, time.perf_counter() - began_at)


def _id_of(scope: Any) -> str:
    given = next((value for name, value in scope["headers"] if name.lower() == HEADER), b"")
    return given.decode() if _ID.fullmatch(given) else logs.new_id()


def _finish(scope: Any, status: int, seconds: float) -> None:
    """Count and log a request. `status` is 0 if the client disconnected before the answer."""
    counts.requests[str(status) if status else "gone"] += 1
    counts.request_seconds.observe(seconds)
    quiet = scope["path"] in PROBES and status != 500
    path = scope.get("chat.logged_path", scope["path"])
    logs.request_finished(scope["method"], path, status or None, seconds, quiet=quiet)
