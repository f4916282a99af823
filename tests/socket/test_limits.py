"""A person's rate limit over several processes, which tell each other the tokens they spent."""

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from chat import broadcast, serializers
from chat.actions.accounts import issue_token
from chat.broadcast import WORKERS_GROUP
from chat.consumers.chat import TOO_MANY_SECONDS
from tests.socket.client import Socket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def two_at_once(settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST = 0.001, 2


@pytest.fixture
async def elsewhere(delivery):
    """Return the layer channel of another process."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(WORKERS_GROUP, channel)

    class Elsewhere:
        async def hears(self, kind):
            while (event := await layer.receive(channel))["type"] != kind:
                pass
            return event

        async def says(self, event, room, seen_by, person):
            """Send `event` and return when everything before it was received."""
            await layer.group_send(WORKERS_GROUP, event)
            await layer.group_send(WORKERS_GROUP, broadcast.typing(room.pk, serializers.person(person), True))
            await seen_by.next("typing")

    return Elsewhere()


async def test_posts_counted_here_are_sent_to_other_workers(connect, delivery, elsewhere, alice, hall):
    socket = await connect(alice, hall)
    await socket.post()
    event = await elsewhere.hears("worker.spent")
    taken = {"posts": [(alice.pk, 1)], "posts_by_address": [("192.0.2.1", 1)]}
    assert event == broadcast.spent(str(delivery.roster.worker_id), taken)


async def test_posts_at_other_workers_count_here(connect, elsewhere, alice, bob, hall):
    one, other = await connect(alice, hall), await connect(bob, hall)
    await elsewhere.says(broadcast.spent("another", {"posts": [[alice.pk, 2]]}), hall, one, bob)
    assert (await one.post())["code"] == "rate_limited"
    assert (await other.post())["type"] == "ok"


async def test_own_broadcasts_do_not_count_twice(connect, delivery, elsewhere, alice, bob, hall):
    socket = await connect(alice, hall)
    await socket.post()
    await elsewhere.says(await elsewhere.hears("worker.spent"), hall, socket, bob)
    assert [(await socket.post())["type"] for _ in range(2)] == ["ok", "error"]


async def test_a_layer_that_is_away_leaves_each_its_own_limit(connect, delivery, monkeypatch, alice, hall):
    async def fail(*_):
        raise ConnectionError("down")

    monkeypatch.setattr(type(get_channel_layer()), "group_send", fail)
    socket = await connect(alice, hall)
    assert [(await socket.post())["type"] for _ in range(3)] == ["ok", "ok", "error"]


# ---- By address


@pytest.fixture
def ten_from_an_address(settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_PER_ADDRESS = 0, 1


async def test_posts_of_everyone_at_one_address_count_together(connect, ten_from_an_address, alice, bob, carol, hall):
    sockets = [await connect(person, hall) for person in (alice, bob)]
    answers = [await socket.post() for socket in sockets * 6]
    assert [answer["type"] for answer in answers[:10]] == ["ok"] * 10
    assert (answers[-1]["code"], 0 < answers[-1]["retry_after"] <= 1) == ("rate_limited", True)
    elsewhere = await connect(carol, hall, address="192.0.2.2")
    assert (await elsewhere.post())["type"] == "ok"


async def test_an_ipv6_network_of_64_bits_is_one_address(connect, ten_from_an_address, alice, bob, carol, hall):
    one, neighbour = [await connect(it, hall, address=f"2001:db8:0:1::{it.pk}") for it in (alice, bob)]
    for _ in range(10):
        await one.post()
    assert (await neighbour.post())["code"] == "rate_limited"
    other = await connect(carol, hall, address="2001:db8:0:2::1")
    assert (await other.post())["type"] == "ok"


async def test_posts_from_an_address_at_other_workers_count_here(
    connect, elsewhere, ten_from_an_address, alice, bob, hall
):
    one, other = await connect(alice, hall), await connect(bob, hall, address="192.0.2.2")
    await elsewhere.says(broadcast.spent("another", {"posts_by_address": [["192.0.2.1", 10]]}), hall, one, bob)
    assert (await one.post())["code"] == "rate_limited"
    assert (await other.post())["type"] == "ok"


# ---- Guests


async def test_guest_has_a_lower_post_limit_and_hello_says_so(connect, alice, gil, hall, settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST = 0.01, 5
    member, guest = await connect(alice, hall), await connect(gil, hall)
    rates = [(it.hello["limits"]["posts_per_second"], it.hello["limits"]["posts_burst"]) for it in (member, guest)]
    assert rates == [(0.01, 5), (0.004, 2)]
    assert [[(await it.post())["type"] for _ in range(3)] for it in (member, guest)] == [
        ["ok", "ok", "ok"],
        ["ok", "ok", "error"],
    ]
    refused = await guest.post()
    assert (refused["code"], 0 < refused["retry_after"] <= 250) == ("rate_limited", True)


async def test_a_guest_has_fewer_sockets(connect, alice, gil, hall, settings):
    settings.CHAT_CONNECTIONS_PER_PERSON = 5
    for _ in range(2):
        await connect(gil, hall)
    assert await refusal(gil, hall) == TOO_MANY
    for _ in range(3):
        await connect(alice, hall)


# ---- Sockets open at once


async def refusal(person, room):
    token = await sync_to_async(issue_token)(person)
    error, code = await Socket(room.slug, headers={"Authorization": f"Bearer {token}"}).refusal()
    return error["code"], error.get("retry_after"), code


TOO_MANY = ("rate_limited", TOO_MANY_SECONDS, 4429)


async def test_sockets_of_a_person_are_limited_and_a_closed_one_frees_a_slot(connect, alice, bob, hall, settings):
    settings.CHAT_CONNECTIONS_PER_PERSON = 2
    first = await connect(alice, hall)
    await connect(alice, hall)
    assert await refusal(alice, hall) == TOO_MANY
    await connect(bob, hall)
    await first.leave()
    await connect(alice, hall)
    assert await refusal(alice, hall) == TOO_MANY


async def test_an_address_has_one_socket_limit_for_all_its_people(connect, delivery, alice, bob, carol, hall, settings):
    settings.CHAT_CONNECTIONS_PER_ADDRESS = 2
    first = await connect(alice, hall)
    await connect(bob, hall)
    assert await refusal(carol, hall) == TOO_MANY
    await first.leave()
    await connect(carol, hall)


async def test_a_refused_connection_is_not_counted(connect, delivery, carol, hall, ops, settings):
    settings.CHAT_CONNECTIONS_PER_ADDRESS = settings.CHAT_CONNECTIONS_PER_PERSON = 1
    for _ in range(3):
        assert (await refusal(carol, ops))[2] == 4404
    await connect(carol, hall)


async def test_sockets_at_other_workers_count_until_those_are_gone(
    connect, delivery, elsewhere, alice, bob, hall, settings
):
    settings.CHAT_CONNECTIONS_PER_PERSON = 2
    watching = await connect(bob, hall)
    counts = [[["person", str(alice.pk)], 2]]
    await elsewhere.says(broadcast.connection_counts_changed("another", counts), hall, watching, alice)
    assert await refusal(alice, hall) == TOO_MANY
    delivery.connection_counts.forget(["another"])
    await connect(alice, hall)
    reported = []  # by this worker: once or in parts
    while (("person", str(alice.pk)), 1) not in reported:
        event = await elsewhere.hears("worker.crowd")
        reported += event["counts"] if event["worker"] == str(delivery.roster.worker_id) else []
    assert (("person", str(bob.pk)), 1) in reported
