"""The emoji that the page offers, and how it loads them."""

import gzip
import json

from chat.text import cleaning, emoji


def test_every_emoji_can_be_a_reaction_and_has_a_name_to_type():
    listed = [entry for group in emoji.groups() for entry in group.emoji]
    assert len(listed) > 1500
    assert [one for one, *names in listed if not cleaning.is_emoji(one) or not names] == []


def test_no_emoji_is_listed_twice():
    listed = [one for group in emoji.groups() for one, *_ in group.emoji]
    assert len(listed) == len(set(listed))


def test_names_are_those_that_people_know_from_elsewhere():
    names = {name: entry[0] for group in emoji.groups() for entry in group.emoji for name in entry[1:]}
    assert (names["+1"], names["heart"], names["tada"], names["smile"]) == ("👍", "❤️", "🎉", "😄")


def test_emoji_names_are_cached_permanently_by_version(client):
    version = emoji.listing().version
    response = client.get(f"/emoji/{version}.json", headers={"Accept-Encoding": "gzip, br"})
    assert "immutable" in response["Cache-Control"]
    assert response["Vary"] == "Accept-Encoding"
    assert json.loads(gzip.decompress(response.content))["groups"][0]["name"] == "Smileys"


def test_any_version_gets_the_current_emoji_names(client):
    response = client.get("/emoji/0a1b2c.json", headers={"Accept-Encoding": "identity"})
    assert response["Cache-Control"] == "no-cache"
    assert response.content == emoji.listing().content
