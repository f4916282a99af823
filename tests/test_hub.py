"""The hub on layers that fail: the log lines, the kept broadcasts, and the end of an outage."""

import asyncio
import logging

import pytest
from channels.layers import InMemoryChannelLayer

from chat import broadcast
from chat.delivery import hub as hub_module
from chat.delivery.hub import MAX_WAITING, Hub
from chat.delivery.layer_health import MISSING_BEATS, LayerHealth
from chat.telemetry.counters import counts
from chatsite.config.memory_layer import MemoryLayer
from tests.socket.layers import Broken, Hanging, in_use

GONE, BACK = "The channel layer is unavailable", "The channel layer is available again."


class Wire:
    """A fake layer that returns the health check's beats, or not. `troubles` counts what the check reports."""

    def __init__(self):
        self.sent, self.troubles, self.renewals = [], 0, 0
        self.health = LayerHealth("own", lambda *broadcast: self.sent.append(broadcast), self._trouble, self._renew)

    def _trouble(self):
        self.troubles += 1

    def _renew(self):
        self.renewals += 1

    async def beat(self, *, failing=(), deaf=False):
        """Send a heartbeat. The layer accepts it except for failing groups, and returns it unless `deaf`."""
        self.sent.clear()
        await self.health.beat()
        for group, event in self.sent:
            if group in failing:
                self.health.note_failure(ConnectionError("refused"), failing_group=group)
                return
            self.health.note_published(group)
            if group == "own" and not deaf:
                self.health.receive_beat(event)


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def logged(caplog):
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage().partition(" (")[0] for record in caplog.records]


async def test_working_layer_logs_nothing(wire, logged):
    for _ in range(10):
        await wire.beat()
    assert (logged(), wire.troubles, wire.health.is_up) == ([], 0, True)


async def test_a_layer_that_accepts_everything_and_delivers_nothing_is_detected_and_logged_once(wire, logged):
    for _ in range(MISSING_BEATS):
        await wire.beat(deaf=True)
    assert (logged(), wire.health.is_up) == ([], True)
    for _ in range(10):
        await wire.beat(deaf=True)
    assert (logged(), wire.health.is_up) == ([GONE], False)
    assert wire.renewals == 10
    await wire.beat()
    await wire.beat()
    assert (logged(), wire.health.is_up) == ([GONE, BACK], True)


async def test_a_thousand_failures_are_logged_once_and_each_is_handled(wire, logged):
    before = counts.layer_outages
    for _ in range(1000):
        wire.health.note_failure(ConnectionError("refused"))
    assert (logged(), wire.troubles, counts.layer_outages - before) == ([GONE], 1000, 1)


async def test_groups_are_joined_again_and_heads_checked_when_the_layer_is_back(wire, logged):
    wire.health.note_failure(ConnectionError("refused"))
    await wire.health.beat()
    [(_, beat)], troubles, renewals = wire.sent, wire.troubles, wire.renewals
    wire.health.receive_beat(beat)
    assert logged() == [GONE, BACK]
    assert (wire.troubles - troubles, wire.renewals - renewals) == (1, 1)


async def test_beat_from_before_an_outage_does_not_end_it(wire, logged):
    await wire.health.beat()
    [(_, old)] = wire.sent
    wire.health.note_failure(ConnectionError("refused"))
    wire.health.receive_beat(old)
    assert not wire.health.is_up
    await wire.beat()
    assert wire.health.is_up


async def test_outage_of_one_of_several_redis_is_one_outage(wire, logged):
    """Rooms are spread over several Redis. The hub's own group may be on one that works."""
    wire.health.note_failure(ConnectionError("refused"), failing_group="room.7")
    for _ in range(10):
        await wire.beat(failing={"room.7"})
    wire.health.note_published("own")
    assert (logged(), wire.health.is_up) == ([GONE], False)
    await wire.beat()
    assert (logged(), wire.health.is_up) == ([GONE, BACK], True)


async def test_beat_sent_before_a_failure_does_not_end_the_outage(wire, logged):
    wire.health.note_failure(ConnectionError("refused"))
    await wire.health.beat()
    [(_, beat)] = wire.sent
    wire.health.note_failure(ConnectionError("refused"), failing_group="room.7")
    wire.health.receive_beat(beat)
    assert (logged(), wire.health.is_up) == ([GONE], False)


async def test_missing_beat_triggers_a_head_check_without_logging(wire, logged):
    await wire.beat()
    await wire.beat(deaf=True)
    await wire.beat()
    assert (logged(), wire.troubles) == ([], 1)


async def test_repeated_late_or_foreign_beats_are_ignored(wire, logged):
    await wire.beat()
    [(_, first)] = wire.sent
    await wire.beat()
    wire.health.receive_beat(first)
    wire.health.receive_beat({**first, "hub": "another", "number": 99})
    await wire.beat()
    assert (logged(), wire.troubles) == ([], 0)


# ---- The hub


@pytest.fixture
async def hub_on():
    hubs = []

    def make(layer, on_event=lambda event: None, on_loss=lambda: None):
        hubs.append(Hub(layer, on_event, on_loss))
        return hubs[-1]

    yield make
    await asyncio.gather(*(hub.stop() for hub in hubs))


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0)


async def test_broadcasts_that_wait_for_a_layer_that_hangs_are_bounded(hub_on):
    troubles, before = [], counts.broadcasts_dropped
    hub = hub_on(Hanging(), on_loss=lambda: troubles.append(1))
    for number in range(MAX_WAITING + 500):
        hub.send("room.1", {"type": "room.moved", "number": number})
    assert (hub.waiting, len(troubles), counts.broadcasts_dropped - before) == (MAX_WAITING, 500, 500)


async def test_broadcasts_behind_a_failed_one_are_dropped_and_heads_are_checked(hub_on, monkeypatch):
    troubles, errors, dropped = [], counts.publish_errors, counts.broadcasts_dropped
    monkeypatch.setattr(hub_module, "PUBLISH_TIMEOUT_SECONDS", 0.01)
    hub = hub_on(Hanging(), on_loss=lambda: troubles.append(1))
    for _ in range(10):
        hub.send("room.1", {"type": "room.moved"})
    hub._tasks.start(hub._send_waiting(), "publishing")
    await until(lambda: troubles)
    assert (hub.waiting, counts.publish_errors - errors, counts.broadcasts_dropped - dropped) == (0, 1, 9)


async def test_heartbeat_is_not_delivered_as_a_broadcast(hub_on):
    events, received = [], counts.broadcasts_received
    layer = InMemoryChannelLayer()
    hub = hub_on(layer, on_event=events.append)
    hub.start()
    await hub.join("room.1")
    await until(lambda: hub._layer_health.own_group in layer.groups)
    heard = sum(counts.layer_seconds.read()[0])
    await hub._layer_health.beat()
    hub.send("room.1", {"type": "room.moved"})
    await until(lambda: events)
    assert (events, counts.broadcasts_received - received) == ([{"type": "room.moved"}], 1)
    assert sum(counts.layer_seconds.read()[0]) > heard


async def test_memory_layer_delivers_in_the_same_turn(hub_on):
    events, turns = [], []
    layer = MemoryLayer()
    hub = hub_on(layer, on_event=events.append)
    hub.start()
    await hub.join("room.1")
    for _ in range(10):
        await asyncio.sleep(0)
    hub.send("room.1", {"type": "room.moved"})
    while not events:
        turns.append(await asyncio.sleep(0))
    assert len(turns) == 1


async def test_failing_event_is_logged_and_the_next_is_delivered(hub_on, caplog):
    events, errors = [], counts.publish_errors

    def hear(event):
        events.append(event["number"])
        if event["number"] < 3:
            raise LookupError("an event from another time")

    hub = hub_on(MemoryLayer(), on_event=hear)
    hub.start()
    await hub.join("room.1")
    for number in (1, 2, 3):
        hub.send("room.1", {"type": "room.moved", "number": number})
    await until(lambda: len(events) == 3)
    assert caplog.text.count("Could not read a broadcast of type room.moved.") == 1
    assert counts.publish_errors == errors


async def test_opening_a_room_in_an_outage_does_not_wait_for_the_layer(hub_on):
    layer = Hanging()
    hub = hub_on(layer)
    hub._layer_health.note_failure(TimeoutError())
    calls = []

    async def group_add(group, channel):
        calls.append(group)

    layer.group_add = group_add
    await hub.join("room.1")
    assert calls == []
    await hub._renew()
    assert "room.1" in calls


def test_process_without_sockets_logs_refused_broadcasts_once(logged):
    with in_use(Broken()) as layer:
        for _ in range(3):
            broadcast._send({"type": "room.moved", "room": 1})
        assert logged() == [GONE]
        layer.is_down = False
        for _ in range(3):
            broadcast._send({"type": "room.moved", "room": 1})
        assert logged() == [GONE, BACK]
