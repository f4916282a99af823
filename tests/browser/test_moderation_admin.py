"""The admin in a browser: accessibility, small screens, and its scripts under the Content Security Policy."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessibility import DESKTOP, PHONE, SHOW, violations
from tests.browser.test_hostile import WATCH
from tests.site import Site

# One or more rows of every model, and a staff account that can view them.
ARRANGE = """
import json, uuid
from datetime import timedelta
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.utils import timezone
from chat.actions import sanctions
from chat.actions.imports.messages import Entry, import_history
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.actions.accounts import issue_token, join_as_guest
from chat.actions.presence import Load, report as report_presence
from chat.actions.reports import report
from chat.actions.rooms import create_room
from chat.models import AuditEntry, Message, Person, Worker
chief = Person.objects.create_superuser("Chief of the desk", uuid.uuid4().hex)
ada, bob = join_as_guest("Ada at the desk"), join_as_guest("A name of as many letters as one may")
rooms = [create_room(chief, f"Desk {name}", topic="What is talked about here") for name in ("Hall", "Ops", "Attic")]
hall = rooms[0]
for number, room in enumerate(rooms):
    text = "Something rather long that was said, and https://example.org/an/address/that/does/not/break/anywhere?q=1"
    times = [timezone.now() - timedelta(minutes=it) for it in range(5 * number, 15)]
    import_history(room, [Entry(bob, text, time) for time in times])
import_memberships(hall, [MembershipImport(bob)])
for seq in (1, 2):
    report(ada, hall, seq, "It is rude, and said for the third time")
sanctions.mute(chief, hall, bob, duration=timedelta(hours=1), reason="Shouting, and again after having been told")
report_presence(Worker.objects.create().pk, set(), {(hall.pk, ada.pk), (hall.pk, bob.pk)}, set(), Load(2, 3))
issue_token(chief, "A token")
Group.objects.create(name="Clerks")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(chief.pk), settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = chief.get_session_auth_hash()
session.create()
entry, message = AuditEntry.objects.latest("pk"), Message.objects.latest("pk")
print(json.dumps(dict(session=session.session_key, room=hall.pk, person=bob.pk, message=message.pk, entry=entry.pk)))
"""

# The rows of a table are alike, and so are the side bars of all pages.
SHORTEN = "(selector) => document.querySelectorAll(selector).forEach((it) => it.remove())"


@dataclass(frozen=True)
class Sight:
    """A page of the admin after `act`, which may do nothing."""

    name: str
    address: str
    act: Callable[[Page], object] = lambda page: None


def ask(action: str) -> Callable[[Page], None]:
    """Choose an action for the first two rows."""

    def choose(page: Page) -> None:
        for box in page.locator("#result_list .action-select").all()[:2]:
            box.check()
        page.locator("select[name=action]").select_option(action)
        page.get_by_role("button", name="Go").click()
        expect(page.locator("form.confirm")).to_be_visible()

    return choose


SIGHTS = [
    Sight("live", "live/"),
    Sight("messages", "chat/message/?room={room}"),
    Sight("message", "chat/message/{message}/change/"),
    Sight("deleting", "chat/message/", ask("delete")),
    Sight("reports", "chat/report/"),
    Sight("deciding", "chat/report/", ask("mute")),
    Sight("log", "chat/auditentry/"),
    Sight("entry", "chat/auditentry/{entry}/change/"),
    Sight("online", "chat/presence/"),
    Sight("person", "chat/person/{person}/change/"),
    Sight("muting", "chat/person/", ask("mute")),
    Sight("guests", "chat/person/purge-guests/"),
    Sight("retention", "chat/room/{room}/change/"),
]


@pytest.fixture(scope="module")
def scene(site: Site) -> dict[str, Any]:
    return json.loads(site.shell(ARRANGE).splitlines()[-1])


@pytest.fixture(scope="module")
def staff_browser(browser: Browser, site: Site, scene: dict[str, Any]) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    context.add_cookies([{"name": "sessionid", "value": scene["session"], "url": site.url}])
    context.add_init_script(WATCH)
    yield context.new_page()
    context.close()


@pytest.fixture
def copy(browser: Browser, site: Site) -> Iterator[Page]:
    """A page that shows copies of the pages of the admin. axe is compiled once in it, and the policy permits both."""
    context = browser.new_context(base_url=site.url, reduced_motion="reduce", bypass_csp=True)
    page = context.new_page()
    page.goto("/accounts/login/")
    yield page
    context.close()


def test_admin_pages_have_no_violations_and_fit_a_phone(staff_browser: Page, copy: Page, scene: dict[str, Any]) -> None:
    wrong = {}
    for sight in SIGHTS:
        staff_browser.goto(f"/admin/{sight.address.format(**scene)}")
        sight.act(staff_browser)
        copy.set_viewport_size({"width": PHONE, "height": 800})
        copy.evaluate(SHOW, staff_browser.evaluate("document.documentElement.outerHTML"))
        width = copy.evaluate("document.scrollingElement.scrollWidth")
        copy.evaluate(SHORTEN, "tr:nth-child(n+4)" if sight is SIGHTS[0] else "tr:nth-child(n+4), #nav-sidebar")
        found = violations(copy, PHONE, "dark") + violations(copy, PHONE, "light", rules=("color-contrast",))
        if sight is SIGHTS[0]:
            found += violations(copy, DESKTOP, "light")
        wrong[sight.name] = (found, staff_browser.evaluate("window.broken"), width)
    assert wrong == {sight.name: ([], [], PHONE) for sight in SIGHTS}


# ---- Scripts under the policy


def test_live_page_refreshes_under_trusted_types(staff_browser: Page) -> None:
    staff_browser.clock.install()
    answer = staff_browser.goto("/admin/live/")
    assert answer is not None
    assert "require-trusted-types-for 'script'" in answer.headers["content-security-policy"]
    staff_browser.evaluate("document.querySelector('[data-live]').dataset.live = 'first'")
    staff_browser.clock.fast_forward(5_000)
    expect(staff_browser.locator("[data-live=first]")).to_have_count(0)
    expect(staff_browser.locator("[data-live] tbody tr").first).to_be_visible()
    assert staff_browser.evaluate("window.broken") == []


def autocomplete(page: Page, field: str, text: str) -> None:
    page.locator(f".field-{field} .select2-selection").click()
    page.locator(".select2-search__field").fill(text)
    page.get_by_role("option", name=text).click()


def give_a_place(page: Page) -> None:
    autocomplete(page, "person", "Ada at the desk")
    autocomplete(page, "room", "Desk Hall")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_contain_text("was added successfully")


def choose_permissions(page: Page) -> None:
    page.get_by_label("Name:").fill("Moderators")
    page.locator("#id_permissions_input").fill("Can change message")
    page.locator("#id_permissions_from").select_option(label="Chat | message | Can change message")
    page.locator("#id_permissions_add").click()
    expect(page.locator("#id_permissions_to option")).to_have_count(1)


def add_a_room_in_a_window(page: Page) -> None:
    with page.expect_popup() as opened:
        page.locator("#add_id_room").click()
    window = opened.value
    window.get_by_label("Name:").fill("Desk Cellar")
    with window.expect_event("close"):
        window.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".field-room .select2-selection__rendered")).to_contain_text("Desk Cellar")


def choose_no_password(page: Page) -> None:
    expect(page.locator(".field-password1")).to_be_visible()
    page.get_by_label("Disabled").check()
    expect(page.locator(".field-password1")).to_be_hidden()


def select_all(page: Page) -> None:
    page.locator("#action-toggle").check()
    expect(page.locator(".action-counter")).to_contain_text("selected")
    page.locator("#nav-filter").fill("mess")
    expect(page.locator(".module tr.model-room").first).to_be_hidden()
    page.locator("button.theme-toggle").first.click()


SCRIPTS = [
    ("chat/membership/add/", give_a_place),
    ("chat/membership/add/", add_a_room_in_a_window),
    ("auth/group/add/", choose_permissions),
    ("chat/person/add/", choose_no_password),
    ("chat/message/", select_all),
]


def test_scripts_of_the_admin_do_their_work_under_the_policy(staff_browser: Page) -> None:
    broken: list[str] = []
    staff_browser.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)
    for address, act in SCRIPTS:
        staff_browser.goto(f"/admin/{address}")
        act(staff_browser)
        assert broken + staff_browser.evaluate("window.broken") == [], act.__name__
