"""The cost of a post, counted. It is encoded once for any number of people in the room."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from chat import serializers
from chat.actions.accounts import join_as_guest
from chat.text import markdown

pytestmark = pytest.mark.django_db(transaction=True)
READERS = 8


@pytest.fixture
def made(monkeypatch):
    """The number of times a message was encoded, and its Markdown rendered."""
    counts = {"encoded": 0, "rendered": 0}

    def counting(name, make):
        def count(*arguments, **options):
            counts[name] += 1
            return make(*arguments, **options)

        return count

    monkeypatch.setattr(serializers, "encode", counting("encoded", serializers.encode))
    monkeypatch.setattr(markdown, "render", counting("rendered", markdown.render))
    return counts


async def test_a_post_is_encoded_and_rendered_once_for_a_room_of_any_size(connect, hall, made):
    people = [await sync_to_async(join_as_guest)(f"guest {number}") for number in range(READERS)]
    sockets = [await connect(person, hall) for person in people]
    made.update(encoded=0, rendered=0)
    answer = await sockets[0].post("*hello*")
    await asyncio.gather(*(socket.holds(answer["seq"]) for socket in sockets))
    assert made == {"encoded": 1, "rendered": 1}
