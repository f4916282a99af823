"""Mentions, activity and unread counts after random events in public, private and direct rooms, against a model."""

import re
from random import Random

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from chat import activity
from tests.cases import clear_process_caches
from tests.fuzz.size import sized
from tests.models.activity import Site

MIN_ACTIONS, MAX_ACTIONS = 30, 80


def entries(person, limit=20):
    """Return the activity of a person, read in pages of a few entries, as the model has it."""
    found, before, more = [], None, True
    while more:
        page = activity.page(person, before=before, limit=limit)
        found, more = [*found, *page.entries], page.more
        before = found[-1].id if found else None
    assert [it.id for it in found] == sorted((it.id for it in found), reverse=True)
    return [(it.message.room.slug, it.message.seq, it.kind.name.lower(), it.is_unread) for it in found]


def over_http(person):
    """Return the activity and the counts of the API, and the words of messages on the page."""
    browser = Client()
    browser.force_login(person)
    listed = browser.get("/api/activity/").json()["entries"]
    counts = browser.get("/api/unread/").json()["unread"]
    words = re.findall(r"word\d+x", browser.get("/activity/").content.decode())
    return (
        [(it["room"]["slug"], it["message"]["seq"], it["kind"], it["unread"]) for it in listed],
        {slug: (it["unread"], it["mentions"]) for slug, it in counts.items()},
        sorted(words) == sorted(word for it in listed for word in re.findall(r"word\d+x", it["message"]["body"])),
    )


def differences(talk):
    """Return what the site says of each person, and the model otherwise."""
    site, found = Site(talk.log), []
    for person in talk.people:
        counts = {slug: (it.unread, it.mentions) for slug, it in activity.unread_counts(person).items()}
        said = [sorted(entries(person)), counts]
        right = [sorted(site.activity(person.pk)), site.unread(person.pk)]
        found += [(person.pk, *pair) for pair in zip(said, right, strict=True) if pair[0] != pair[1]]
    return found


def check(scene, actions):
    """Let people act, and compare the site, its API and page, and the pages at two processes with the model."""
    scene.act(actions)
    scene.refresh()
    assert (differences(scene), scene.wrong()) == ([], []), scene.log
    person, site = scene.random.choice(scene.people), Site(scene.log)
    listed, counts, shows_them = over_http(person)
    assert (sorted(listed), counts, shows_them) == (sorted(site.activity(person.pk)), site.unread(person.pk), True)


@pytest.mark.django_db
@sized(6)
@given(seed=st.integers(0, 2**32), actions=st.integers(MIN_ACTIONS, MAX_ACTIONS))
def test_activity_and_counts_are_those_of_the_model(talk, seed, actions):
    """The seed makes the whole sequence, because Hypothesis alone would mostly try the simplest actions."""
    clear_process_caches()  # of the rate limits
    with transaction.atomic():
        check(talk(Random(seed), people=4, rooms=2), actions)
        transaction.set_rollback(True)
