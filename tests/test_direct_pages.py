"""Direct conversations and blocks on pages, without scripts: the sidebar, choosing people, closing, folded messages."""

import re

import pytest

from chat.actions import blocks, joining
from chat.actions.direct import open_conversation
from chat.models import Block, Room, RoomHead
from tests.cases import each
from tests.cast import say

pytestmark = pytest.mark.django_db


def converse(person, *others):
    return open_conversation(person, [it.pk for it in others], "192.0.2.1")[0]


def links_in(page, section):
    """Return the links in a section of the sidebar by name."""
    found = re.search(f'data-section="{section}">(.*?)</ul>', page.text, re.DOTALL)
    assert found
    names = re.findall(r"data-name>(.*?)</span>", found[1])
    return dict(zip(names, re.findall(r"<li>.*?</li>", found[1], re.DOTALL), strict=True))


# ---- The sidebar


def test_conversations_have_a_section_with_the_unread_first_and_then_the_most_active(signed_in, alice, bob, carol, gil):
    with_bob, with_carol, group = converse(alice, bob), converse(alice, carol), converse(alice, bob, gil)
    for room, year in ((with_bob, 2003), (with_carol, 2001), (group, 2002)):
        RoomHead.objects.filter(room=room).update(active_at=f"{year}-01-01T00:00:00Z")
    browser = signed_in(alice)
    found = links_in(browser.get("/"), "direct")
    assert list(found) == ["bob", "bob, gil", "carol"]
    assert f'data-people-ids="{bob.pk}"' in found["bob"]
    assert f'data-people-ids="{bob.pk} {gil.pk}"' in found["bob, gil"]
    assert f'data-person="{bob.pk}"' in found["bob"]
    assert 'data-person="" data-color="" data-avatar aria-hidden="true">2<' in found["bob, gil"]
    # The one in view keeps its place.
    assert list(links_in(browser.get(with_carol.get_absolute_url()), "direct")) == ["bob", "bob, gil", "carol"]
    say(carol, with_carol)
    RoomHead.objects.filter(room=with_carol).update(active_at="2001-01-01T00:00:00Z")
    assert list(links_in(browser.get("/"), "direct")) == ["carol", "bob", "bob, gil"]
    joining.star(alice, group, True)
    page = browser.get("/")
    assert (list(links_in(page, "starred")), list(links_in(page, "direct"))) == (["bob, gil"], ["carol", "bob"])
    assert list(links_in(page, "rooms")) == ["Lobby"]


def test_a_conversation_is_closed_by_its_button_and_comes_back_with_a_message(signed_in, alice, bob, hall):
    room, browser = converse(alice, bob), signed_in(alice)
    [address] = re.findall('formaction="([^"]+)"', links_in(browser.get("/"), "direct")["bob"])
    answer = browser.post(address, {"next": "/saved/"})
    assert (answer.status_code, answer["Location"]) == (302, "/saved/")
    assert links_in(browser.get("/"), "direct") == {}
    say(bob, room)
    assert list(links_in(browser.get("/"), "direct")) == ["bob"]
    answer = browser.post(address, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["room"]["slug"]) == (200, room.slug)
    assert browser.get(address).status_code == 405
    assert browser.post(f"/rooms/{hall.slug}/close/").status_code == 400


def test_page_of_a_conversation_has_its_people_and_nothing_that_it_cannot_do(signed_in, alice, bob, carol, hall):
    page = signed_in(alice).get(converse(alice, bob, carol).get_absolute_url())
    assert "<title>bob, carol &middot;" in page.text
    assert "Message <span data-room-name>bob, carol" in page.text
    assert page.text.count('aria-haspopup="dialog" data-card') == 3  # and the template of a person
    for part in ('id="invite"', 'id="leave-room"', "Room settings", "Invite people", "Leave room", "Message #"):
        assert part not in page.text
    assert "Invite people" in signed_in(alice).get("/rooms/hall/").text


# ---- Choosing people


def test_people_are_found_chosen_and_written_to(signed_in, alice, bob, carol, hall):
    browser = signed_in(alice)
    page = browser.get("/direct/", {"q": "bo", "with": str(carol.pk)})
    found, chosen = (
        re.search(f"data-{part}>(.*?)</ul>", page.text, re.DOTALL)[1].count("<li>") for part in ("found", "chosen")
    )
    assert (found, chosen) == (1, 1)
    assert f'value="{carol.pk}" checked' in page.text
    answer = browser.post("/direct/", {"people": [bob.pk, carol.pk]})
    room = Room.objects.get(visibility="direct")
    assert (answer.status_code, answer["Location"]) == (302, room.get_absolute_url())
    assert browser.post("/direct/", {"people": [carol.pk, bob.pk]})["Location"] == room.get_absolute_url()


def test_searches_are_limited_before_anyone_is_looked_for(signed_in, alice, bob, settings):
    settings.CHAT_SEARCHES_PER_MINUTE = 1
    browser = signed_in(alice)
    codes = [browser.get("/direct/", {"q": "b"}).status_code for _ in range(3)]
    assert codes == [200, 429, 429]
    assert browser.get("/direct/").status_code == 200


@each(
    ("people", "reason"),
    [
        ([], "Choose at least one person."),
        (["x", "1" * 20, "²"], "Choose at least one person."),
        (["999999"], "There is no such person."),
        ([str(number) for number in range(1000, 1020)], "can have at most 10 people"),
    ],
)
def test_wrong_choices_are_refused_with_a_sentence(signed_in, alice, bob, people, reason):
    answer = signed_in(alice).post("/direct/", {"people": people})
    assert answer.status_code == 400
    assert reason in answer.text


def test_a_choice_that_is_refused_stays_and_the_sentence_does_not_say_who_blocked(signed_in, alice, bob):
    blocks.block(bob, alice.pk)
    answer = signed_in(alice).post("/direct/", {"people": [bob.pk]})
    assert answer.status_code == 403
    assert f'value="{bob.pk}" checked' in answer.text
    assert "You can’t send direct messages to this person." in answer.text


def test_who_may_not_write_to_people_is_offered_no_way(signed_in, alice, gil, hall, settings):
    settings.CHAT_DIRECT = "members"
    for person, is_offered in ((alice, True), (gil, False)):
        text = signed_in(person).get("/rooms/hall/").text
        for part in ('href="/direct/"', "data-card-message", 'data-finds="people"'):
            assert (part in text) is is_offered, part
    assert signed_in(gil).post("/direct/", {"people": [alice.pk]}).status_code == 403
    assert "Open conversation" not in signed_in(gil).get("/direct/").text


# ---- Blocks


def test_messages_of_blocked_people_are_folded_for_the_one_who_blocked(signed_in, alice, bob, hall):
    say(bob, hall, "from bob")
    say(alice, hall, "from alice")
    blocks.block(alice, bob.pk)
    for person, folded in ((alice, 1), (bob, 0)):
        text = signed_in(person).get("/rooms/hall/").text
        assert len(re.findall("<article[^>]* data-folded", text)) == folded
    folded = re.search("<article[^>]* data-folded.*?</article>", signed_in(alice).get("/rooms/hall/").text, re.DOTALL)
    assert "from bob" in folded[0]
    assert 'aria-labelledby="fold-1" aria-describedby=""' in folded[0]
    assert 'id="fold-1"' in folded[0]


def test_conversation_with_a_blocked_person_has_no_message_box_for_the_one_who_blocked(signed_in, alice, bob, carol):
    room, group = converse(alice, bob), converse(alice, bob, carol)
    blocks.block(alice, bob.pk)
    note = '<p class="composer-closed" role="status" data-closed>You blocked bob.'
    for person, place, is_closed in ((alice, room, True), (bob, room, False), (alice, group, False)):
        assert (note in signed_in(person).get(place.get_absolute_url()).text) is is_closed


def test_blocked_people_are_listed_on_the_profile_and_unblocked_there(signed_in, alice, bob, carol):
    blocks.block(alice, bob.pk)
    blocks.block(carol, alice.pk)
    browser = signed_in(alice)
    addresses = re.findall('action="(/accounts/blocks/[^"]+)"', browser.get("/accounts/profile/").text)
    assert addresses == [f"/accounts/blocks/{bob.pk}/end/"]
    answer = browser.post(addresses[0])
    assert answer["Location"] == "/accounts/profile/#blocked"
    assert list(Block.objects.values_list("person", "blocked")) == [(carol.pk, alice.pk)]
    assert browser.post(f"/accounts/blocks/{alice.pk}/end/").status_code == 302
    assert Block.objects.count() == 1


# ---- The page of a conversation


def test_beginning_of_a_conversation_says_who_can_read_it(signed_in, alice, bob):
    browser = signed_in(alice)
    for room, readers in ((converse(alice), "you"), (converse(alice, bob), "the people in it")):
        assert f"Only {readers} can read it." in browser.get(room.get_absolute_url()).text
