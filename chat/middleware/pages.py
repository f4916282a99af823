"""Middleware for all pages: hosts and ports, compression, an unavailable database, and the queue for passwords."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from chat.api import answers
from chat.auth import password_hashing
from chat.errors import ActionError
from chat.protocol import Code
from chat.rendering.theme import theme
from chat.site_address import check_port
from chat.views import form_errors

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 2
PROBES = ("/healthz", "/readyz", "/metrics")


class Common(CommonMiddleware):
    """Django's common middleware, except for probes: a monitor asks a process by its IP address, not a known Host."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path_info in PROBES else super().process_request(request)


class KnownPort(MiddlewareMixin):
    """Refuses an unknown port in the Host header, before a page can contain links with it."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info not in PROBES:
            check_port(request)


class Compression(GZipMiddleware):
    """Django's gzip, except for streams: under ASGI each part would be a gzip file, and browsers read only one."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if response.streaming else super().process_response(request, response)


class DatabaseUnavailable(MiddlewareMixin):
    """Answers with status 503 and a retry delay when the database is unavailable, instead of a server error."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        log.error("The database was unavailable during %s %s", request.method, request.path, exc_info=exception)
        response = render(None, "503.html", theme(request), status=503)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response


class PasswordQueue(MiddlewareMixin):
    """Refuses a request that would hash a password when too many wait already, before the view runs."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], arguments: Any, keywords: Any
    ) -> HttpResponse | None:
        if getattr(request, "may_hash", True):
            return None
        if answers.is_due(request):
            detail = f"{password_hashing.TOO_MANY} Try again in a few seconds."
            return answers.refused(ActionError(Code.BUSY, detail, password_hashing.RETRY_SECONDS))
        detail = f"{password_hashing.TOO_MANY} Wait five seconds, then go back and send the form again."
        return form_errors.too_many(request, detail, password_hashing.RETRY_SECONDS)
