"""Metrics: actions on sockets change the matching numbers and no others."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async

from chat import broadcast, protocol
from chat.actions import messages
from chat.actions.batch import Request
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.readiness import process_state
from tests.cast import say
from tests.scrape import of_this_process
from tests.socket.client import Socket

pytestmark = pytest.mark.django_db(transaction=True)


class Since:
    """The change of each metric since the creation of this object."""

    def __init__(self):
        self._before = of_this_process()

    def of(self, name, label="worker", **labels):
        before, now = self._before.of(name, label, **labels), of_this_process().of(name, label, **labels)
        return {key: value - before.get(key, 0) for key, value in now.items() if value != before.get(key, 0)}

    def __getitem__(self, name):
        return of_this_process()[name] - self._before[name]


async def test_commands_are_counted_by_kind_and_a_repeated_post_once(connect, alice, hall):
    socket, since = await connect(alice, hall), Since()
    client_id = "6a8f0c5e-30a5-4a7e-9d0e-6d8f6d3a8d11"
    await socket.post("one", client_id=client_id)
    await socket.post("one", client_id=client_id)
    await socket.ask("edit", seq=1, body="two")
    await socket.ask("react", seq=1, emoji="👍", on=True)
    await socket.ask("delete", seq=1)
    assert since["chat_messages_total"] == 1
    assert since.of("chat_commands_total", "command") == {"post": 2, "edit": 1, "react": 1, "delete": 1}
    assert since["chat_commit_seconds_count"] == since["chat_batch_size_count"] == 5
    assert (since["chat_batch_size_sum"], since["chat_answer_seconds_count"]) == (5, 5)
    assert since["chat_commit_seconds_sum"] > 0


async def test_a_post_by_the_api_is_a_message_as_well(alice, hall):
    since = Since()
    await sync_to_async(say)(alice, hall)
    assert (since["chat_messages_total"], since["chat_answer_seconds_count"]) == (1, 0)


async def test_refusals_are_counted_by_code_and_are_no_messages(connect, alice, hall):
    socket, since = await connect(alice, hall), Since()
    await socket.post("")
    await socket.ask("edit", seq=9, body="nothing there")
    await socket.send("no json")
    await socket.next("error")
    assert since.of("chat_refusals_total", "code") == {"empty": 1, "not_found": 1, "bad_frame": 1}
    assert (since["chat_messages_total"], since.of("chat_commands_total", "command")) == (0, {})


async def test_a_transaction_that_the_database_refuses_is_counted_as_failed(connect, alice, hall, monkeypatch):
    def fail(*_):
        raise messages.OperationalError("disk full")

    socket, since = await connect(alice, hall), Since()
    monkeypatch.setattr(messages.Batch, "save", fail)
    assert (await socket.post())["code"] == "unavailable"
    assert (since["chat_commit_errors_total"], since["chat_commit_seconds_count"]) == (1, 0)


async def test_sockets_people_and_rooms_are_those_there_are_now(connect, delivery, alice, bob, hall, ops):
    one, *_ = [await connect(alice, hall), await connect(alice, hall), await connect(bob, ops)]
    numbers = of_this_process()
    assert (numbers["chat_connections"], numbers["chat_people"], numbers["chat_rooms_open"]) == (3, 2, 2)
    await one.post("hello")
    await one.holds(1)
    assert of_this_process()["chat_ring_bytes"] > len("hello")
    await one.leave()
    assert of_this_process()["chat_connections"] == 2


async def test_frames_and_bytes_are_those_on_the_wire(connect, alice, hall):
    since = Since()
    socket = await connect(alice, hall)
    assert (since["chat_connections_opened_total"], since["chat_frames_sent_total"]) == (1, 1)
    since, frame = Since(), '{"type":"typing","on":true,"ref":"é😀"}'
    await socket.send(frame)
    await socket.until(lambda it: it.get("ref") == "é😀")
    assert (since["chat_frames_received_total"], since["chat_received_bytes_total"]) == (1, len(frame.encode()))
    answer = '{"type":"ok","ref":"é😀"}'
    assert (since["chat_frames_sent_total"], since["chat_sent_bytes_total"]) == (1, len(answer.encode()))


async def test_the_bytes_of_changes_are_counted_per_recipient(connect, alice, bob, hall):
    sockets = [await connect(alice, hall), await connect(bob, hall)]
    since = Since()
    await sync_to_async(say)(alice, hall, "ünï" * 100)
    for socket in sockets:
        await socket.holds(1)
    assert since["chat_sent_bytes_total"] > 2 * 2 * len(("ünï" * 100).encode())


async def test_closes_are_counted_by_code(connect, delivery, alice, bob, hall):
    await connect(alice, hall)
    stuck, since = await connect(bob, hall), Since()
    assert (await Socket(hall.slug).refusal())[1] == 4401
    [behind] = [it for it in delivery.rooms.connections() if it.person.id == bob.pk]
    for _ in range(1100):
        behind.send_text(f'"{"x" * 1000}"')
    await stuck.close_code()
    assert since.of("chat_closes_total", "code") == {"4401": 1, "4408": 1}
    assert since.of("chat_refusals_total", "code") == {"signed_out": 1}


async def test_a_cursor_that_cannot_be_resumed_is_one_reset(connect, alice, hall):
    since = Since()
    await (await connect(alice, hall, after="nonsense")).next("reset")
    assert since["chat_resets_total"] == 1


async def test_applied_broadcasts_and_healed_holes_are_counted(connect, delivery, alice, hall):
    socket, since = await connect(alice, hall), Since()
    await socket.post("by broadcast")
    await socket.holds(1)
    assert since["chat_broadcasts_received_total"] > 0
    assert since["chat_broadcasts_applied_total"] + since["chat_holes_healed_total"] == 1
    since = Since()
    await delivery.database.write(_write_past_the_layer, alice, hall)
    delivery.head_check.trigger()
    await socket.holds(2)
    assert (since["chat_broadcasts_applied_total"], since["chat_holes_healed_total"]) == (0, 1)
    assert since["chat_head_check_seconds_count"] > 0


def _write_past_the_layer(person, room):
    broadcast.collect()  # discards the broadcast of the post
    say(person, room)


async def test_the_head_check_lags_from_its_last_success(connect, delivery, alice, hall, monkeypatch):
    await connect(alice, hall)
    await delivery.head_check.check()
    assert of_this_process()["chat_head_check_lag_seconds"] < 60
    monkeypatch.setattr(delivery.head_check, "_checked_at", delivery.head_check._checked_at - 3600)
    assert of_this_process()["chat_head_check_lag_seconds"] > 3600


async def test_queue_lengths_are_reported(connect, delivery, alice, hall):
    await connect(alice, hall)
    before = of_this_process()
    delivery.hub.send("room.1", {"type": "room.moved"})
    post = protocol.Post(client_id="6a8f0c5e-30a5-4a7e-9d0e-6d8f6d3a8d11", body="waits")
    delivery.writer.submit(Request(alice.pk, hall.pk, post), lambda outcome: None)
    now = of_this_process()  # nothing else ran meanwhile
    assert now["chat_publish_queue"] - before["chat_publish_queue"] == 1
    assert now["chat_writer_queue"] - before["chat_writer_queue"] == 1
    await delivery.writer.flush()
    assert of_this_process()["chat_writer_queue"] == 0


async def test_an_abandoned_read_runs_until_its_thread_is_done():
    threads, began, goes_on = DatabaseThreads(lambda event: None), threading.Event(), threading.Event()

    def read():
        began.set()
        goes_on.wait()

    reading = asyncio.create_task(threads.read(read))
    await asyncio.to_thread(began.wait)
    assert threads.reading == 1
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert threads.reading == 1
    goes_on.set()
    await asyncio.to_thread(threads.close)
    assert threads.reading == 0


async def test_draining_and_an_outage_are_reported(connect, delivery, alice, hall):
    await connect(alice, hall)
    numbers = of_this_process()
    assert (numbers["chat_draining"], numbers["chat_layer_up"]) == (0, 1)
    process_state.draining = True
    since = Since()
    delivery.hub._layer_health.note_failure(ConnectionError("refused"))
    numbers = of_this_process()
    assert (numbers["chat_draining"], numbers["chat_layer_up"], since["chat_layer_outages_total"]) == (1, 0, 1)
