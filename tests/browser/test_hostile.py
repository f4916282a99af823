"""Hostile texts on every page: no script runs, no dialog opens, no layout breaks."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from chat.text.cleaning import is_emoji
from tests.browser.conftest import join, join_room
from tests.corpus import hostile
from tests.site import Site

STRINGS = hostile()
SEARCHES = STRINGS[::60]
LAST = "That was all of it."

# All of it as messages, and as the names of people and rooms and as topics, as far as it can be any. A transaction for
# each of these would take most of the time of this test.
SAY = """
import json, uuid
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction
from chat import protocol
from chat.actions.batch import Request, Result
from chat.errors import ActionError
from chat.actions.messages import execute_batch
from chat.actions.accounts import join_as_guest
from chat.actions.rooms import create_room
from chat.models import Person, Room
from tests.corpus import hostile
room, author = Room.objects.get(slug={slug!r}), join_as_guest("Hostile {slug}")
done = dict(messages=0, names=0, rooms=0, reactions=0)
def attempt(kind, act):
    try:
        done[kind] += bool(act())
    except ActionError:
        pass
def named(text):
    global author
    author = join_as_guest(text[:40])
    return author
def post(text):
    return Request(author.pk, room.pk, protocol.Post(client_id=uuid.uuid4(), body=text))
def react(text):
    return Request(author.pk, room.pk, protocol.React(seq=1, emoji=text, on=True))
def execute(requests):
    return sum(isinstance(outcome, Result) for outcome in execute_batch(requests))
execute([post("It begins here.")])
texts = hostile()
for start in range(0, len(texts), 100):
    posts, reactions = [], []
    with transaction.atomic():
        for text in texts[start : start + 100]:
            attempt("names", lambda: named(text))
            attempt("rooms", lambda: create_room(author, text[:40], topic=text))
            posts.append(post(text))
            reactions.append(react(text))
    done["messages"] += execute(posts)
    done["reactions"] += execute(reactions)
execute([post({last!r})])
chief = Person.objects.create_superuser("Chief {slug}", uuid.uuid4().hex)
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(chief.pk), settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = chief.get_session_auth_hash()
session.create()
print(json.dumps([done, session.session_key, room.messages.latest("pk").pk]))
"""
# The other tests of this site would have these rooms at the side of every page.
TIDY_UP = """
from chat.models import Room
Room.objects.filter(pk__gt=Room.objects.get(slug={slug!r}).pk).delete()
"""
WATCH = """
window.broken = [];
document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sourceFile }) =>
  window.broken.push([effectiveDirective, blockedURI, sourceFile]));
"""


class Watched:
    """A page that records every forbidden event."""

    def __init__(self, context: BrowserContext, site: Site):
        context.add_init_script(WATCH)
        self.page, self.site, self.wrong = context.new_page(), site, []
        self.page.on("dialog", self._opened)
        self.page.on("request", self._asked)

    def _opened(self, dialog) -> None:
        self.wrong.append(f"a script ran: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.site.url).netloc and not request.url.startswith("data:"):
            self.wrong.append(f"the page asked {request.url}")

    def look(self, address: str | None = None) -> None:
        """Open an address, or stay. Check that the page fits the screen and did not violate its policy."""
        if address:
            self.page.goto(address)
        width = self.page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        if width > 0 and "/admin/" not in self.page.url:
            self.wrong.append(f"{self.page.url} is {width} pixels too wide")
        self.wrong += [f"{self.page.url}: {it}" for it in self.page.evaluate("window.broken")]


@pytest.fixture
def watched(new_context: Callable[..., BrowserContext], site: Site) -> Watched:
    context = new_context(viewport={"width": 360, "height": 640})
    join(context, "Reader")
    return Watched(context, site)


def test_hostile_texts_have_no_effect_on_any_page(watched: Watched, room: str, site: Site) -> None:
    slug = room.strip("/").rpartition("/")[2]
    join_room(watched.page.context, slug)
    watched.page.goto(room)
    expect(watched.page.get_by_label("Message #")).to_be_editable()
    done, session, newest = json.loads(site.shell(SAY.format(slug=slug, last=LAST)).splitlines()[-1])
    expect(watched.page.get_by_text(LAST)).to_be_visible()
    watched.look()
    for address in (room, "/", "/search/", *(f"/search/?q={quote(it[:150], safe='')}" for it in SEARCHES)):
        watched.look(address)
    watched.page.context.clear_cookies()
    watched.page.context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
    lists = [f"/admin/chat/{it}/" for it in ("message", "person", "room", "membership")]
    for address in (*lists, f"/admin/chat/message/?before={newest - 200}", f"/admin/chat/message/{newest - 9}/change/"):
        watched.look(address)
    site.shell(TIDY_UP.format(slug=slug))
    print(f"\n{len(STRINGS)} strings: {done}")
    assert watched.wrong == []
    assert min(done["names"], done["rooms"]) > 200
    assert done["messages"] > 500
    assert done["reactions"] == sum(map(is_emoji, STRINGS)) < 5


# ---- A page of another site


ATTACK = """
<!doctype html><title>Another site</title>
<iframe name="shown"></iframe>
{forms}
<script src="/attack.js"></script>
"""
OPEN = """
const socket = new WebSocket("{address}", "chat.v1");
window.ending = new Promise((resolve) => socket.addEventListener("close", ({{ code }}) => resolve(code)));
window.read = fetch("{site}/api/rooms/", {{ credentials: "include" }}).then(() => "read", () => "refused");
"""
POSTS = [
    "join/", "rooms/", "accounts/login/", "accounts/logout/", "accounts/signup/", "accounts/claim/",
    "accounts/profile/", "accounts/theme/", "accounts/email/", "accounts/tokens/", "accounts/tokens/1/revoke/",
    "accounts/sessions/end/", "accounts/data/", "accounts/delete/", "accounts/password_change/",
    "accounts/password_reset/", "admin/login/", "admin/logout/", "admin/chat/person/add/",
    "api/rooms/lobby/messages/",
]  # fmt: skip


@pytest.fixture
def elsewhere(site: Site) -> Iterator[str]:
    """Run a site on another port of the same machine. Browsers take it for the same site but another origin."""
    forms = "".join(
        f'<form method="post" target="shown" action="{site.url}/{path}" id="form{number}">'
        '<input name="name" value="Forged"></form>'
        for number, path in enumerate(POSTS)
    )
    script = OPEN.format(site=site.url, address=site.url.replace("http", "ws") + "/ws/chat/lobby/")

    class Attacker(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.path.endswith(".js")
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
            self.end_headers()
            self.wfile.write((script if is_script else ATTACK.format(forms=forms)).encode())

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = HTTPServer(("127.0.0.1", 0), Attacker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_page_of_another_origin_does_nothing_in_a_visitors_name(
    new_context: Callable[..., BrowserContext], elsewhere: str
) -> None:
    context = new_context()
    join(context, "Victim")
    page: Page = context.new_page()
    page.goto(elsewhere)
    assert page.evaluate("window.ending") == 4403
    assert page.evaluate("window.read") == "refused"
    for number, path in enumerate(POSTS):
        with page.expect_response(
            lambda it, path=path: it.url.endswith(path) and it.request.method == "POST"
        ) as posted:
            page.evaluate(f"document.getElementById('form{number}').submit()")
        sent = posted.value.request.all_headers()
        assert "sessionid" in sent["cookie"], "the victim's cookie has to be with it, or nothing is shown"
        assert posted.value.status == 403, path
    assert context.request.get("/accounts/profile/").ok  # still signed in
