"""Personal downloads: what each role's own file contains of a private room and of two direct conversations."""

import json

import pytest
from asgiref.sync import sync_to_async

from chat.exports.streaming import Download
from chat.models import Room
from tests.matrix.cast import DIRECT, PRIVATE, PRIVATE_ROLES, SECRETS, SHUT, PrivateScene
from tests.matrix.test_http import browser_of, outcome


def own(slug, *more):
    """Return the lists with what someone did in a room."""
    return {name: [slug] for name in ("messages", "reactions", "reports", "bookmarks", *more)}


# By role: the lists of the file with something of these rooms, and the room of each row. Memberships have its name too.
CONTENTS = {
    "left": {"memberships": [(PRIVATE, "")]} | own(PRIVATE, "mentions"),
    "removed": own(PRIVATE, "mentions"),
    "asked": {"join_requests": [PRIVATE]},
    "newcomer": {"memberships": [(PRIVATE, "Renamed")]} | own(PRIVATE, "mentions"),
    "partner": {"memberships": [(DIRECT, "bob")]} | own(DIRECT),
    "blocked": {"memberships": [(SHUT, "bob")]} | own(SHUT),
    "staff": {},
}


def rooms_in(document, slugs):
    """Return the rooms of the rows of each list that are among these."""
    found = {}
    for name, rows in document.items():
        for row in rows if isinstance(rows, list) else ():
            if row.get("room") in slugs:
                about = (row["room"], row["name"]) if name == "memberships" else row["room"]
                found.setdefault(name, []).append(about)
    return found


@sync_to_async
def arrange():
    """Return a scene and a browser of each role. The room got another name after `left` and `removed` had lost it."""
    scene = PrivateScene()
    Room.objects.filter(slug=PRIVATE).update(name="Renamed")
    return scene, {role: browser_of(scene, role) for role in PRIVATE_ROLES}


async def downloaded(browser):
    """Return the file, made as for a client of the site, or the refusal."""
    answer = await sync_to_async(browser.post)("/accounts/data/")
    if answer.status_code != 200:
        return outcome(answer)
    return b"".join([part async for part in answer.streaming_content]).decode()


@pytest.mark.django_db(transaction=True)
async def test_a_download_has_what_its_person_did_and_no_text_of_others():
    scene, browsers = await arrange()
    texts = {}
    for role, browser in browsers.items():
        texts[role] = await downloaded(browser)
        Download.forget_all()
    assert texts.pop("pending") == "in"
    assert {role: rooms_in(json.loads(text), scene.rooms) for role, text in texts.items()} == CONTENTS
    others = {role: [*SECRETS, *(f"words of {it}" for it in PRIVATE_ROLES if it != role)] for role in texts}
    assert [(role, it) for role, text in texts.items() for it in others[role] if it in text] == []
    assert {role for role in texts if f"words of {role}" in texts[role]} == {
        role for role, lists in CONTENTS.items() if "messages" in lists
    }
