"""`Delivery` owns everything a process runs for its sockets. There is one per event loop, started by the first use."""

import asyncio
import atexit
import logging
import time
import weakref
from typing import ClassVar

from channels.layers import InMemoryChannelLayer, get_channel_layer

from chat import broadcast, history, serializers
from chat.actions import credentials, session_keys
from chat.actions.followers import previews
from chat.actions.presence import Load
from chat.auth.authentication import Credential
from chat.broadcast import Event
from chat.delivery.access_check import AccessCheck
from chat.delivery.admission.access import Admission
from chat.delivery.admission.batcher import AdmissionBatcher
from chat.delivery.admission.connection_counts import ConnectionCounts
from chat.delivery.admission.load_shedding import AdmissionLimit
from chat.delivery.connection import Connection
from chat.delivery.downloads import Downloads
from chat.delivery.followers import LogFollower, NoticeFollower, PreviewFollower, WebhookFollower
from chat.delivery.head_check import HeadCheck
from chat.delivery.hub import Hub
from chat.delivery.jobs import JobRunner
from chat.delivery.open_rooms import OpenRooms
from chat.delivery.presence.alerts import Alerts
from chat.delivery.presence.exchange import PresenceExchange
from chat.delivery.presence.online import OnlinePartners
from chat.delivery.presence.roster import Roster
from chat.delivery.presence.typing_people import TypingPeople
from chat.delivery.presence.unread import UnreadCounts
from chat.delivery.process import drain
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.rate_meter import RateMeter
from chat.delivery.process.readiness import process_state
from chat.delivery.process.sigterm import StopListening, end_tasks, on_sigterm
from chat.delivery.process.tasks import PeriodicTask, Tasks
from chat.delivery.pump import Pump, Send, TrySend
from chat.delivery.segment import LogSegment
from chat.delivery.writer import Writer
from chat.models import SessionKeyTransition
from chat.protocol import MAX_PEOPLE_LISTED, Close, CommandAnswer, Hello, People, PersonData, Reset, Saved
from chat.rate_limits import limits
from chat.telemetry import logs
from chat.telemetry.counters import counts

log = logging.getLogger(__name__)

UNREAD_SECONDS = 1.0
COMPARE_SECONDS = 6.0
ONLINE_SECONDS = 2.0
LIMITS_SECONDS = 0.1
PRESENCE_SECONDS = 0.5
OTHERS_SECONDS = 2.0
STALL_CHECK_SECONDS = 5.0
USES_SECONDS = 300.0
SESSION_KEYS_SECONDS = 60.0


class Delivery:
    """The parts of delivery, the dispatch of events to them, and the periodic tasks that repair what events miss."""

    _by_loop: ClassVar[weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, "Delivery"]] = weakref.WeakKeyDictionary()

    def __init__(self) -> None:
        layer = get_channel_layer()
        self.hub = Hub(layer, self._on_event, lambda: self.head_check.trigger_all())
        self.database = DatabaseThreads(self.hub.publish)
        self.writer = Writer(self.database)
        self.rooms = OpenRooms(self.hub, self.database)
        self.roster = Roster(self._send_people)
        self.typing = TypingPeople(lambda room, text, person: self.rooms.send_to(room, text, except_person=person))
        self.unread = UnreadCounts(self.rooms, self.database, Alerts(self.rooms, self.database).frames)
        self.online = OnlinePartners(self.rooms, self.database, self.roster.online, self.unread.views)
        self.admission_limit, self.admissions = AdmissionLimit(), AdmissionBatcher(self.database)
        self.connection_counts = ConnectionCounts()
        self._is_local = is_local = isinstance(layer, InMemoryChannelLayer)
        forget = self.connection_counts.forget
        self.presence = PresenceExchange(self.roster, self.database, self._load, forget, has_local_layer=is_local)
        self.jobs = JobRunner(self.database, self.roster.worker_id)
        self.notices = NoticeFollower(self.database, self.roster.worker_id)
        self.followers: list[LogFollower] = [
            self.notices,
            WebhookFollower(self.database, self.roster.worker_id),
        ]
        if previews.is_wanted():
            self.followers.append(PreviewFollower(self.database, self.roster.worker_id))
        self._tasks = Tasks()
        self.head_check = HeadCheck(self.rooms, self.unread, self.database, self._are_events_lost)
        self._report = PeriodicTask(self.presence.report, PRESENCE_SECONDS)
        self._others = PeriodicTask(self.presence.merge, OTHERS_SECONDS)
        self.access_check = AccessCheck(self.rooms, self.roster, self.database)
        self.downloads = Downloads(self.database)
        self._session_keys = PeriodicTask(self._convert_session_keys, SESSION_KEYS_SECONDS)
        self._periodic = [
            *(self.head_check, self._report, self._others, self.access_check, self.downloads, self._session_keys),
            PeriodicTask(self.unread.refresh, UNREAD_SECONDS),
            PeriodicTask(self.unread.compare, COMPARE_SECONDS),
            PeriodicTask(self.online.refresh, ONLINE_SECONDS),
            PeriodicTask(self.online.compare, COMPARE_SECONDS),
            PeriodicTask(self._check_stalls, STALL_CHECK_SECONDS),
            PeriodicTask(self._share_limits, LIMITS_SECONDS),
            PeriodicTask(self._record_uses, USES_SECONDS),
            *self.jobs.periodic,
            *(self.followers if process_state.does_background_work else []),
        ]
        self._used: set[Credential] = set()
        self._message_rate = RateMeter()

    @classmethod
    def current(cls) -> "Delivery":
        """Return the delivery of the running loop. The first call starts it."""
        loop = asyncio.get_running_loop()
        delivery = cls._by_loop.get(loop)
        if delivery is None:
            delivery = cls._by_loop[loop] = cls()
            delivery._start()
        return delivery

    @classmethod
    def running(cls) -> "list[Delivery]":
        """Return the deliveries of this process: one, once its server is up."""
        return list(cls._by_loop.values())

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        self.hub.start()
        broadcast.hubs[loop] = self.hub.publish
        atexit.register(self._clean_up_at_exit, loop)
        self._restore_sigterm = on_sigterm(self.drain)
        self._report.trigger()  # so that other processes know early about this one
        self._session_keys.trigger()
        self.jobs.trigger()
        for task in self._periodic:
            self._tasks.start(task.run(), "periodic task")

    async def stop(self) -> None:
        """Stop the parts in the order of their dependencies."""
        loop = asyncio.get_running_loop()
        self._by_loop.pop(loop, None)
        broadcast.hubs.pop(loop, None)
        atexit.unregister(self._clean_up_at_exit)
        self._restore_sigterm()
        for follower in self.followers:
            follower.stop()
        await self.jobs.stop()
        await self._tasks.cancel()
        await self.admissions.stop()
        await self.writer.flush()
        await self.rooms.stop()
        await self.hub.stop()
        self.roster.stop()
        self.typing.stop()
        await self.database.write(self.presence.withdraw)
        await asyncio.to_thread(self.database.close)

    # ---- Entering and leaving

    async def enter(
        self, admission: Admission, send: Send, *, after: str | None, newest: int, try_send: TrySend | None = None
    ) -> Connection:
        """Connect an admitted person to the room. `after` is a cursor to resume from, `newest` a number of messages.

        The caller runs the pump of the connection that is returned, and calls `leave` in every case.
        """
        person = serializers.person(admission.person)
        rev = admission.resume_at(after)
        async with self.rooms.entering(admission.room_id) as feed:
            wants_history = newest and after is None
            rows = (
                await self.database.read(history.newest, admission.room_id, newest, admission.floor_seq)
                if wants_history
                else None
            )
            start = admission.head.rev if rev is None else rev
            pump = Pump(feed, start, send, LogSegment.of(rows) if rows else None, try_send, admission.floor_seq)
            label = logs.room_label(admission.room_id, admission.room.slug, admission.room.visibility)
            connection = Connection(person, admission.credential, admission.room_id, label, pump)
            connection.standing, connection.read_seq = admission.standing, admission.read_seq
            feed.observe_head(admission.head, known=("", 0))
            self.rooms.add(connection)
        self.roster.enter(feed.room_id, person)
        self.unread.enter(person.id, feed.room_id)
        self.online.enter(person.id, feed.room_id)
        self._used.add(admission.credential)
        connection.send(self._hello(admission, connection))
        counts.connections += 1
        if rev is None:
            counts.resets += 1
            connection.send(Reset(cursor=str(admission.head.cursor)))
        if process_state.draining:  # the shutdown began during the admission
            connection.disconnect("restart", Close.DRAINING, reconnect_after=1.0)
        return connection

    def leave(self, connection: Connection) -> None:
        self.rooms.remove(connection)
        self.roster.leave(connection.room_id, connection.person.id)
        self.unread.leave(connection.person.id, connection.room_id)
        self.online.leave(connection.person.id)

    def _hello(self, admission: Admission, connection: Connection) -> Hello:
        you = connection.person
        people, count = ([you], 1) if connection.hides_others else self.roster.listed(admission.room_id)
        return Hello(
            you=you,
            room=admission.room,
            cursor=str(admission.head.cursor),
            people=people,  # type: ignore[arg-type]  # the roster's are encoded as JSON already
            count=count,
            read=admission.read_seq,
            standing=admission.standing,
            limits=serializers.limits(you),
            floor=admission.floor_seq,
        )

    # ---- Broadcasts of all processes, including this one

    def _on_event(self, event: Event) -> None:
        match event["type"]:
            case "room.changes" if feed := self.rooms.feeds.get(event["room"]):
                feed.take(event)
            case "room.moved" if feed := self.rooms.feeds.get(event["room"]):
                feed.catch_up()
            case "room.typing":
                # A worker with the previous release's code does not say who is a bot.
                look = event["color"], event["avatar"], event.get("bot", False)
                person = PersonData(event["id"], event["name"], event["guest"], *look)
                self.typing.set(event["room"], person, event["on"])
            case "room.saved":
                frame = Saved(room=event["slug"], seq=event["seq"], on=event["on"])
                self.rooms.send_to_person(event["person"], event["room"], frame.encode())
            case "room.ephemeral":
                answer = CommandAnswer(name=event["name"], text=event["text"], html=event["html"])
                self.rooms.send_to_person(event["person"], event["room"], answer.encode())
            case "worker.presence" if event["worker"] != str(self.roster.worker_id):
                self._others.trigger()
            case "worker.moved":
                self.unread.take(event)
                self.online.take(event)
                self._follow(event)
            case "worker.read" if moved := broadcast.moved_before(event):
                self.unread.take(moved)
                self._follow(moved)
            case "worker.access":
                self.access_check.take(event)
                self.downloads.hold()
                self.head_check.trigger()  # which finds rooms that were deleted
            case "worker.files":
                self.downloads.hold()
            case "worker.crowd" if event["worker"] != str(self.roster.worker_id):
                self.connection_counts.merge(event["worker"], event["counts"])
            case "worker.jobs":
                self.jobs.trigger()
            case "worker.spent" if event["worker"] != str(self.roster.worker_id):
                limits.charge(event["taken"])

    def _follow(self, event: Event) -> None:
        for follower in self.followers:
            follower.take(event)

    def _send_people(self, room_id: int, joined: list[PersonData], left: list[int], count: int) -> None:
        for start in range(0, max(len(joined), len(left)), MAX_PEOPLE_LISTED):
            part = slice(start, start + MAX_PEOPLE_LISTED)
            text = People(joined=joined[part], left=left[part], count=count).encode()
            for connection in self.rooms.connections_to(room_id):
                if not connection.hides_others:
                    connection.send_text(text)

    # ---- Periodic tasks

    def _are_events_lost(self) -> bool:
        """Return whether broadcasts of other processes do not arrive: the layer is down, or each has its own."""
        return not self.hub.is_up or (self._is_local and self.roster.has_other_workers)

    def _load(self) -> Load:
        return Load(self.rooms.size, self._message_rate.in_the_last_minute(counts.messages))

    async def _record_uses(self) -> None:
        """Record the credentials of open sockets as used. Takes a few statements for all of them."""
        used = self._used | {it.credential for it in self.rooms.connections()}
        self._used = set()
        if used:
            await self.database.write(credentials.record_use, used)

    async def _convert_session_keys(self) -> None:
        """Replace the session keys that the previous release stored, once after an upgrade."""
        if not SessionKeyTransition.has_ended and await self.database.write(session_keys.continue_conversion):
            self._session_keys.trigger()

    async def _share_limits(self) -> None:
        """Send the other processes what was taken from limits here, so that a limit holds over all processes."""
        worker = str(self.roster.worker_id)
        if taken := limits.spent():
            self.hub.publish(broadcast.spent(worker, taken))
        if changes := self.connection_counts.changes():
            self.hub.publish(broadcast.connection_counts_changed(worker, changes))

    async def _check_stalls(self) -> None:
        self.connection_counts.resend_all()
        now = time.monotonic()
        for connection in self.rooms.connections():
            if connection.pump.is_stalled(now):
                connection.abort(Close.SLOW_CONSUMER)

    async def drain(self, stop_listening: StopListening = lambda: None) -> None:
        """Finish accepted commands, then disconnect everyone.

        With other processes, this one keeps listening. It refuses new sockets and fails `/readyz`, because not every
        proxy retries a request with a body elsewhere when the port is closed. The only process stops listening: its
        clients would otherwise come back to it again and again and delay its end.
        """
        process_state.draining = True
        if is_alone := await self.presence.is_alone():
            stop_listening()
        await asyncio.gather(self.jobs.drain(), drain.drain_connections(self.writer, self.rooms, is_alone=is_alone))

    def _clean_up_at_exit(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the tasks and the lease under a server without the lifespan protocol, such as Daphne."""
        end_tasks(loop)
        self.presence.withdraw()
