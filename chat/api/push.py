"""The push subscriptions of the browsers in which a person is signed in."""

from typing import Annotated

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chat.actions import push_subscriptions
from chat.actions.jobs.backend import enqueue_with_commit
from chat.actions.tasks.push import push_test
from chat.api import answers
from chat.api.endpoint import has_token, signed_in
from chat.api.operation import operation
from chat.auth.authentication import PUSH_SESSION_KEY
from chat.errors import ActionError
from chat.models import Person, PushSubscription
from chat.models.sessions import AGENT_MAX_LENGTH
from chat.protocol import Code
from chat.rate_limits import limits
from chat.text import cleaning

# An address without a name, a password, spaces and escapes in its host. In Python, `$` also matches before a newline.
Endpoint = Annotated[str, msgspec.Meta(max_length=1000, pattern=r"^https://[a-z0-9.-]+(:443)?/[!-~]*$(?!\n)")]
# 65 bytes that begin with 4, and 16 bytes, in URL-safe Base64 without padding.
P256dh = Annotated[str, msgspec.Meta(pattern=r"^B[A-P][A-Za-z0-9_-]{85}$(?!\n)")]
Auth = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{21}[AQgw]$(?!\n)")]
NONE_HERE = "Push notifications are off on this device. Turn them on first."


class PushKeys(msgspec.Struct, frozen=True):
    """A subscription as the browser gives it."""

    endpoint: Endpoint
    p256dh: P256dh
    auth: Auth


class PushEndpoint(msgspec.Struct, frozen=True):
    endpoint: Endpoint


@signed_in
@operation(body=PushKeys, answers={200: PushEndpoint, 201: PushEndpoint}, refusals=(Code.FORBIDDEN, Code.RATE_LIMITED))
def create(request: HttpRequest, person: Person, asked: PushKeys) -> HttpResponse:
    """Send notifications to this browser while you are signed in there. A repeat changes nothing."""
    _check_browser(request)
    limits.check_push(person.pk)
    agent = cleaning.clean_line(request.headers.get("User-Agent", "")[:AGENT_MAX_LENGTH], AGENT_MAX_LENGTH)
    is_new = push_subscriptions.subscribe(
        person, asked.endpoint, p256dh=asked.p256dh, auth=asked.auth, user_agent=agent
    )
    request.session[PUSH_SESSION_KEY] = PushSubscription.digest_of(asked.endpoint)
    return answers.success(PushEndpoint(asked.endpoint), status=201 if is_new else 200)


@signed_in
@operation(body=PushEndpoint, answers={204: None}, refusals=(Code.RATE_LIMITED,))
def delete(request: HttpRequest, person: Person, asked: PushEndpoint) -> HttpResponse:
    """Send no more notifications to this browser. A repeat changes nothing."""
    limits.check_push(person.pk)
    push_subscriptions.unsubscribe(person, PushSubscription.digest_of(asked.endpoint))
    return answers.done()


@signed_in
@operation(answers={204: None}, refusals=(Code.FORBIDDEN, Code.NOT_FOUND, Code.RATE_LIMITED))
def test(request: HttpRequest, person: Person) -> HttpResponse:
    """Send a notification to this browser."""
    _check_browser(request)
    limits.check_push(person.pk)
    digest = request.session.get(PUSH_SESSION_KEY, "")
    subscription = person.push_subscriptions.filter(endpoint_digest=digest).first()
    if subscription is None:
        raise ActionError(Code.NOT_FOUND, NONE_HERE)
    enqueue_with_commit(push_test, subscription.pk)
    return answers.done()


def _check_browser(request: HttpRequest) -> None:
    """Refuse programs, whose tokens have no session that ends, and everyone on a site without a key."""
    if not settings.CHAT_VAPID_KEY:
        raise ActionError(Code.FORBIDDEN, "This site has no push notifications.")
    if has_token(request):
        raise ActionError(Code.FORBIDDEN, "Only a browser in which you are signed in gets push notifications.")
