"""The consumer: it admits a socket, parses its frames and has their commands executed.

After the admission no handler here waits for the database or for the socket. Posts go to the writer, and the pump sends
what happens in the room.
"""

import asyncio
import logging
from contextvars import copy_context
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qs

from channels.exceptions import StopConsumer
from django.conf import settings

from chat import protocol
from chat.adapters.channels import Consumer
from chat.consumers import commands, plain_text
from chat.consumers.plain_text import Plain
from chat.delivery.admission import access
from chat.delivery.admission.access import Admission, AdmissionRefused
from chat.delivery.admission.connection_counts import CountedKey
from chat.delivery.connection import Connection
from chat.delivery.process.readiness import process_state
from chat.delivery.pump import Send, TrySend
from chat.delivery.service import Delivery
from chat.errors import RESTARTING, ActionError
from chat.protocol import Close, Code
from chat.rate_limits import limits
from chat.telemetry import logs
from chat.telemetry.counters import counts, size_of

log = logging.getLogger(__name__)

# The retry delay for a person or address at its limit: time to close sockets, or for a dead worker's counts to expire.
TOO_MANY_SECONDS = 10.0


class ChatConsumer(Consumer):
    """One socket in one room.

    It does not join channel-layer groups itself. The hub of its process does so once for all sockets: otherwise each
    socket would cost a task, and a copy of every message. A plain client differs in its authentication and in how its
    frames are parsed and rendered.
    """

    channel_layer_alias = None
    connection: Connection | None = None
    plain: Plain | None = None
    # The keys under which this socket is counted: its person's and its address's.
    counted: tuple[CountedKey, ...] = ()
    delivery: Delivery
    task: asyncio.Task[Any]
    pumping: asyncio.Task[None]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket and clean up, also after a failure or a server stop, when `disconnect` is not called."""
        logs.connection_id.set(logs.new_id())
        self.task = cast(asyncio.Task[Any], asyncio.current_task())
        process_state.sockets.add(self.task)
        self.task.add_done_callback(process_state.sockets.discard)
        try:
            await self._serve(scope, receive, send)
        except StopConsumer:
            pass
        except asyncio.CancelledError:
            if self.connection is None or not self.connection.is_leaving:
                raise
            # Cancelled by `Connection.abort`, because the client reads nothing. This is a regular end.
        finally:
            if self.connection is not None:
                self.pumping.cancel()
                self._leave(self.connection)
            for key in self.counted:
                self.delivery.connection_counts.leave(key)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        """Receive frames, without a turn of the event loop for each frame that waits.

        Channels' dispatch takes three turns per frame. In each, Daphne reads on from every socket, a thousand frames
        from one that floods. It would hold hundreds of megabytes before the flood is noticed.
        """
        self.begin(scope, send)
        while True:
            message = await receive()
            if message["type"] == "websocket.receive":
                self.receive_frame(message.get("text"), message.get("bytes"))
            else:
                await self.dispatch(message)

    @property
    def _slug(self) -> str:
        """Return the room's slug from the URL, or "" for a URL that is not a room's."""
        return self.scope["url_route"]["kwargs"].get("slug", "")

    # ---- Admission

    async def connect(self) -> None:
        offered = self.scope.get("subprotocols", [])
        await self.accept(protocol.SUBPROTOCOL if protocol.SUBPROTOCOL in offered else None)
        if not offered:
            self.plain = Plain(self.base_send)
        try:
            self.connection = await self._enter(offered)
        except AdmissionRefused as refusal:
            await self._reject(refusal)
        except Exception:
            log.exception("Failed to admit a connection")
            detail = "Couldn’t connect. Try again in a moment."
            # The code 1012 would fit better, but Daphne accepts no such code from an application.
            await self._reject(AdmissionRefused(Code.UNAVAILABLE, detail, Close.DRAINING, retry_after=1.0))

    async def _enter(self, offered: list[str]) -> Connection:
        """Admit the socket and start its pump. Raises AdmissionRefused, and errors of the database or the layer."""
        if process_state.draining:
            raise AdmissionRefused(Code.UNAVAILABLE, RESTARTING, Close.DRAINING, retry_after=1.0)
        if self.plain:
            plain_text.check_served()
        elif protocol.SUBPROTOCOL not in offered:
            raise AdmissionRefused(
                Code.BAD_FRAME, f"Use the WebSocket subprotocol {protocol.SUBPROTOCOL}.", Close.BAD_PROTOCOL
            )
        after, newest = self._start()
        self.delivery = Delivery.current()
        address = limits.network_of((self.scope.get("client") or [""])[0])
        self._count("address", address, settings.CHAT_CONNECTIONS_PER_ADDRESS)
        with self.delivery.admission_limit.slot():
            admission = await self._admit()
            self._check_floods(admission.person.pk)
            most = limits.whole_share(settings.CHAT_CONNECTIONS_PER_PERSON, admission.person.kind)
            self._count("person", str(admission.person.pk), most)
            connection = await self.delivery.enter(
                admission, self._send_event, after=after, newest=newest, try_send=self._try_send
            )
        connection.address, connection.on_abort = address, self.task.cancel
        if self.plain:
            self.plain.start(connection, newest)
        extensions = self.scope.get("extensions", {})
        if on_text := extensions.get("chat.on_text"):
            on_text(partial(copy_context().run, self.receive_frame))  # so that log lines carry this socket's id
        if count_frames := extensions.get("chat.count_frames"):
            count_frames(connection.take_control_frame)
        self.pumping = asyncio.create_task(self._pump(connection), name=f"pump {connection.id}")
        here = self.delivery.rooms.people_in(connection.room_id)
        logs.connected(connection.id, connection.person.name, connection.room_label, here)
        return connection

    def _count(self, kind: str, which: str, limit: int) -> None:
        """Count this socket under a key. Raises AdmissionRefused at the limit."""
        if not self.delivery.connection_counts.enter((kind, which), limit):
            whose = "You already have" if kind == "person" else "Your network already has"
            detail = f"{whose} {limit} open connections. Close one and try again."
            raise AdmissionRefused(Code.RATE_LIMITED, detail, Close.RATE_LIMITED, retry_after=TOO_MANY_SECONDS)
        self.counted = (*self.counted, (kind, which))

    def _check_floods(self, person_id: int) -> None:
        if wait := limits.floods().wait(person_id):
            detail = "Disconnected for sending too fast."
            raise AdmissionRefused(Code.RATE_LIMITED, detail, Close.RATE_LIMITED, retry_after=round(wait, 3))

    def _start(self) -> tuple[str | None, int]:
        """Return the cursor to resume from, which plain clients do not have, and the number of messages of history.

        Raises AdmissionRefused for an invalid number.
        """
        fields = parse_qs(self.scope.get("query_string", b"").decode("ascii", "replace"), keep_blank_values=True)
        newest = fields.get("history", [str(plain_text.HISTORY if self.plain else 0)])[-1]
        if not (newest.isascii() and newest.isdigit() and len(newest) <= 4 and int(newest) <= protocol.MAX_HISTORY):
            detail = f"history must be a number from 0 to {protocol.MAX_HISTORY}."
            raise AdmissionRefused(Code.BAD_FRAME, detail, Close.BAD_PROTOCOL)
        return None if self.plain else fields.get("after", [None])[-1], int(newest)

    async def _admit(self) -> Admission:
        handshake = access.handshake(self.scope)
        access.check_origin(handshake)
        if self.plain:
            return await plain_text.admit(self.delivery.database, handshake, self._slug)
        return await self.delivery.admissions.admit(handshake, self._slug)

    @property
    def _send_event(self) -> Send:
        return self.plain.send if self.plain else self.base_send

    @property
    def _try_send(self) -> TrySend | None:
        """Return the server's function that sends without waiting, if it has one."""
        return None if self.plain else self.scope.get("extensions", {}).get("chat.try_send")

    async def _pump(self, connection: Connection) -> None:
        try:
            await connection.pump.run()
        except Exception as error:
            # Servers raise different errors for a frame to a client that has just gone. The client may resume.
            log.info("Connection %s failed: %r", connection.id, error)
            connection.is_leaving = True
            connection.on_abort()

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """End the consumer. `__call__` cleans up, and Channels' own method would wait for a thread."""
        raise StopConsumer

    async def _reject(self, refusal: AdmissionRefused) -> None:
        counts.closes[refusal.close] += 1
        counts.refusals[refusal.code] += 1
        room = logs.without_room_name(self._slug)
        logs.refused(logs.connection_id.get() or "-", "Someone", room, refusal.code, refusal.detail)
        error = protocol.Error(code=refusal.code, detail=refusal.detail, retry_after=refusal.retry_after)
        try:
            await self._send_event({"type": "websocket.send", "text": error.encode()})
            await self.close(refusal.close)
        except Exception as error:
            # As in `_pump`: servers raise different errors for a client that has just disconnected.
            log.info("The client left before it was refused: %r", error)

    def _leave(self, connection: Connection) -> None:
        self.delivery.leave(connection)
        here = self.delivery.rooms.people_in(connection.room_id)
        logs.disconnected(connection.id, connection.person.name, connection.room_label, here)

    # ---- Frames

    def receive_frame(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Parse one frame and execute its command. Every failure is answered with an error frame, never by a crash."""
        counts.frames_in += 1
        counts.bytes_in += len(bytes_data or b"") if text_data is None else size_of(text_data)
        connection = self.connection
        if connection is None or connection.is_leaving:
            return
        command = None
        try:
            if text_data is None:
                raise protocol.FrameError(Code.BAD_FRAME, "A frame must be text.")
            command = plain_text.parse(text_data) if self.plain else protocol.parse(text_data)
            commands.execute(self.delivery, connection, command)
        except protocol.FrameError as error:
            connection.refuse(error, error.ref)
            connection.note_bad_frame()
        except ActionError as error:
            connection.refuse(error, command.ref if command else None)
        except Exception:
            log.exception("Failed to handle a frame")
            refusal = ActionError(Code.UNAVAILABLE, "Something went wrong. Try again.", retry_after=1.0)
            connection.refuse(refusal, command.ref if command else None)
