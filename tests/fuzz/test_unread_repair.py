"""Unread counts over two processes that lose broadcasts: the comparison with the database repairs every difference."""

from random import Random

import pytest

from chat.telemetry.counters import counts
from tests.cases import each
from tests.fuzz.size import EXAMPLES

# Many with `make fuzz`.
ACTIONS = 10_000 if EXAMPLES else 120
KINDS = ["heads", "read", "mentioned", "memberships", "rooms"]


@pytest.mark.django_db
def test_counts_are_right_without_a_repair_if_nothing_is_lost(talk):
    talk, before = talk(Random(1)), counts.unread_corrected
    talk.act(ACTIONS)
    talk.refresh()
    assert talk.wrong() == talk.wrong_lists() == []
    assert talk.wrong_topics() == []
    talk.repair()
    assert counts.unread_corrected == before


@pytest.mark.django_db
def test_counts_are_right_after_the_repair_if_a_fifth_of_the_broadcasts_is_lost(talk):
    talk = talk(Random(2), lost=0.2)
    talk.act(ACTIONS)
    talk.refresh()
    assert talk.wrong() != []
    talk.repair()
    assert talk.wrong() == talk.wrong_lists() == []
    assert talk.wrong_topics() == []


@pytest.mark.django_db
@each("kind", KINDS)
def test_repair_finds_what_any_part_of_the_broadcasts_would_have_told(talk, kind):
    talk, before = talk(Random(6), without=[kind], people=6), counts.unread_corrected
    talk.act(60)
    talk.refresh()
    assert talk.wrong() or talk.wrong_topics()
    talk.repair()
    assert (talk.wrong(), talk.wrong_topics()) == ([], [])
    if kind != "mentioned":  # `@room` mentions are not counted
        assert (counts.unread_corrected > before) == (kind in ("read", "memberships"))
