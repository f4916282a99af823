"""Session middleware that records the browser of a session and, to a few minutes, the time of its last use."""

from typing import cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from chat.actions import credentials
from chat.models.sessions import AGENT_MAX_LENGTH, SessionStore
from chat.text import cleaning


class Sessions(SessionMiddleware):
    """Django's middleware, plus a record of the browser. It is written only when the last one is stale."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        user_agent = cleaning.clean_line(request.headers.get("User-Agent", "")[:AGENT_MAX_LENGTH], AGENT_MAX_LENGTH)
        cast(SessionStore, request.session).user_agent = user_agent

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = cast(SessionStore, request.session)
        if session.session_id and session.is_last_used_stale(timezone.now()):
            credentials.record_browser(session.session_id, int(session[SESSION_KEY]), session.user_agent)
        return super().process_response(request, response)
