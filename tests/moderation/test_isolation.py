"""Names and texts of others in the admin do not change the direction of the text beside them."""

import re

import html5lib
import pytest
from django.core.cache import cache
from django.utils import timezone

from chat.actions import audit
from chat.actions.audit import Action
from chat.actions.imports.messages import Entry, import_history
from chat.actions.presence import Load
from chat.actions.presence import report as report_presence
from chat.actions.reports import report
from chat.models import AuditEntry, Membership, Message, Person, Reaction, Report, Room, Token, Worker
from tests.cast import say

# Names from before the rules, which refuse them now. The first has an override that is never ended.
TURNED, ARABIC = "bob\u202etxt.exe", "محمد (1)"
ROOM, BODY, WHY = "قاعة 7", "\u202eمرحبا، 123", "سبب: 9"
THEIRS = (TURNED, ARABIC, ROOM, BODY, WHY)
# Browsers isolate these by themselves; what is said in one has its end at the element's.
OWN_LINE = {"td", "th", "li", "p", "h1", "h2", "div", "caption", "summary", "bdi", "title"}
# Text between Unicode's isolation marks, where no elements are possible.
ISOLATED = re.compile("\u2068[^\u2069]*\u2069")
LISTS = ("message", "person", "room", "membership", "report", "auditentry", "presence", "token", "file")
CHANGED = (Message, Person, Room, Report, Token, AuditEntry)
QUESTIONS = [
    (Message, "delete erase"),
    (Person, "sign_out_everywhere mute"),
    (Membership, "ban"),
    (Report, "dismiss mute"),
    (Room, "archive"),
]


@pytest.fixture
def names(alice, bob, hall, chief):
    """Give names and texts of others in the admin another direction."""
    Person.objects.filter(pk=bob.pk).update(name=TURNED)
    Person.objects.filter(pk=alice.pk).update(name=ARABIC)
    Room.objects.filter(pk=hall.pk).update(name=ROOM, topic=WHY)
    alice.refresh_from_db()
    hall.refresh_from_db()
    import_history(hall, [Entry(bob, BODY, timezone.now())])
    Message.objects.filter(author=bob).update(body=BODY)
    first = Message.objects.get(author=bob)
    say(alice, hall, "an answer", reply_to=first.seq)
    for person in (alice, chief):
        Reaction.objects.create(message=first, person=person, emoji="👍")
    report(alice, hall, first.seq, WHY)
    Report.objects.update(quote=BODY)
    report_presence(Worker.objects.create().pk, set(), {(hall.pk, alice.pk)}, set(), Load(1, 1))
    Token.objects.create(person=alice, label=WHY, digest="0" * 64)
    bob.refresh_from_db()
    audit.record(alice, Action.BAN, person=bob, room=hall, reason=WHY)
    cache.clear()


def mixed(page):
    """Return text of other people that shares a line with other text."""
    document = html5lib.HTMLParser(namespaceHTMLElements=False).parse(page)
    parents = {child: parent for parent in document.iter() for child in parent}
    found = []
    for element in document.iter():
        pieces = [(element, element.text), *((element, child.tail) for child in element)]
        for line, text in pieces:
            if any(it in (text or "") for it in THEIRS):
                while line.tag.rpartition("}")[2] not in OWN_LINE and line.get("dir") != "auto":
                    line = parents[line]
                whole = "".join(line.itertext()).strip()
                if whole not in THEIRS and any(it in ISOLATED.sub("", whole) for it in THEIRS):
                    found.append((line.tag, whole))
    return found


def pages(staff_browser):
    """Return the pages of the admin by URL or confirmation question."""
    changes = [(model, pk) for model in CHANGED for pk in model.objects.values_list("pk", flat=True)]
    addresses = [f"/admin/chat/{name}/" for name in LISTS]
    addresses += [f"/admin/chat/{model._meta.model_name}/{pk}/change/" for model, pk in changes]
    for address in ("/admin/", "/admin/live/", *addresses):
        yield address, staff_browser.get(address).content.decode()
    for model, actions in QUESTIONS:
        rows = list(model.objects.values_list("pk", flat=True))
        for action in actions.split():
            asked = {"action": action, "_selected_action": rows}
            yield (
                f"{action}: {rows}",
                staff_browser.post(f"/admin/chat/{model._meta.model_name}/", asked).content.decode(),
            )


def test_text_of_others_has_its_own_line(names, chief, signed_in):
    shown = dict(pages(signed_in(chief)))
    for text in THEIRS:
        assert any(text in page for page in shown.values()), "it is nowhere to be seen"
    assert {address: found for address, page in shown.items() if (found := mixed(page))} == {}


def test_confirmations_contain_the_name_alone(names, chief, gil, hall, signed_in):
    asked = {"action": "ban", "_selected_action": gil.pk, "room": hall.slug, "confirmed": "yes"}
    page = signed_in(chief).post("/admin/chat/person/", asked, follow=True).content.decode()
    assert "1 person banned from" in page
    assert mixed(page) == []
