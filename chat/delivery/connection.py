"""One socket in one room, as the rest of the process sees it: its person, its rate limits and its pump."""

from collections.abc import Callable

from django.conf import settings
from msgspec import structs

from chat.auth.authentication import Credential
from chat.delivery.pump import Pump
from chat.errors import ActionError, Refused
from chat.protocol import MAX_UNANSWERED, Bye, Close, Code, Error, Frame, PersonData, Rooms, Standing, StandingChanged
from chat.rate_limits import limits
from chat.rate_limits.token_bucket import TokenBucket
from chat.telemetry import logs
from chat.telemetry.counters import counts

# Invalid frames that a socket may send before it is closed: this many at once, and one more a second.
BAD_FRAMES_BURST = 50
# Commands over the rate that are still answered before the socket is closed for flooding.
FLOOD_ANSWERS = 100


class Connection:
    def __init__(self, person: PersonData, credential: Credential, room_id: int, room_label: str, pump: Pump):
        self.id = logs.connection_id.get() or logs.new_id()
        self.person, self.credential = person, credential
        # How log lines refer to the room.
        self.room_id, self.room_label = room_id, room_label
        self.pump = pump
        self.standing: Standing | None = None
        # The person's read position as this client knows it.
        self.read_seq = 0
        self.address = ""
        self.unanswered = 0
        self.is_leaving = False
        self.typing_at = float("-inf")
        # Ends the task that serves the socket, for a client that reads nothing. The consumer sets it.
        self.on_abort: Callable[[], object] = lambda: None
        self._frames = TokenBucket(settings.CHAT_FRAMES_PER_SECOND, settings.CHAT_FRAMES_BURST)
        self._floods = TokenBucket(1.0, FLOOD_ANSWERS)
        self._bad_frames = TokenBucket(1.0, BAD_FRAMES_BURST)

    def send(self, frame: Frame) -> None:
        self.send_text(frame.encode())

    def send_text(self, text: str) -> None:
        """Send an encoded frame, which may be shared by many connections."""
        if not self.is_leaving:
            self.pump.send(text)

    @property
    def may_write(self) -> bool:
        """Return whether the last status sent to the person allows writing. Each write is checked again on its own."""
        it = self.standing
        return it is None or (it.posting and not (it.muted_until or it.archived))

    @property
    def hides_others(self) -> bool:
        """Return whether this is a conversation of two with a block, in which neither sees that the other is there."""
        it = self.standing
        return it is not None and it.visibility == "direct" and not it.posting

    def update_status(self, standing: Standing | None) -> None:
        """Send the person's status in the room if it has changed. Whether they are a member is known here already."""
        if standing is not None and self.standing is not None:
            is_member = self.standing.member
            may_invite = standing.may_invite and (is_member or standing.role != "member")
            self._send_status(structs.replace(standing, member=is_member, may_invite=may_invite))

    def update_membership(self, is_member: bool) -> None:
        if self.standing is not None:
            self._send_status(structs.replace(self.standing, member=is_member))

    def _send_status(self, standing: Standing) -> None:
        if standing != self.standing:
            self.standing = standing
            self.send(StandingChanged(standing=standing))

    def take_read_position(self, seq: int, is_back: bool) -> None:
        """Send a read position that another connection moved, forward or back. The client knows of its own moves."""
        if is_back and seq < self.read_seq:
            self.send(Rooms(unread={}, unread_from=seq + 1))
        elif seq > self.read_seq:
            self.send(Rooms(unread={}, read=seq))
        else:
            return
        self.read_seq = seq

    def refuse(self, error: Refused, ref: str | None) -> None:
        """Answer a command that was refused."""
        logs.refused(self.id, self.person.name, self.room_label, error.code, error.detail)
        counts.refusals[error.code] += 1
        self.send(Error(ref=ref, code=error.code, detail=error.detail, retry_after=error.retry_after))
        if error.code is Code.SIGNED_OUT:
            self.disconnect("signed_out", Close.UNAUTHENTICATED)

    def check_rate(self) -> None:
        """Refuse a command that comes too fast. Close the socket of a client that does not stop."""
        if wait := self._frames.take():
            if self._floods.take():
                limits.floods().take(self.person.id)
                self.close(Close.RATE_LIMITED)
            raise ActionError(Code.RATE_LIMITED, "You’re sending commands too fast.", retry_after=wait)

    def check_posts(self) -> None:
        if wait := limits.take_post(self.person.id, self.address, kind=self.person.kind):
            raise ActionError(Code.RATE_LIMITED, "You’re sending messages too fast.", retry_after=round(wait, 3))

    def take_control_frame(self) -> bool:
        """Count a ping, a pong or a message fragment. Return False if the server has to close the socket."""
        if limits.take_control_frame(self.person.id, self.address, kind=self.person.kind):
            return True
        if not self.is_leaving:
            self.is_leaving = True
            limits.floods().take(self.person.id)
            counts.closes[Close.POLICY] += 1
        return False

    def check_unanswered(self) -> None:
        if self.unanswered >= MAX_UNANSWERED:
            detail = f"{MAX_UNANSWERED} commands are still unanswered. Try again in a moment."
            raise ActionError(Code.BUSY, detail, retry_after=0.5)

    def note_bad_frame(self) -> None:
        """Close the socket of a client that keeps sending invalid frames."""
        if self._bad_frames.take():
            self.close(Close.BAD_PROTOCOL)

    def disconnect(self, reason: str, code: int, reconnect_after: float | None = None) -> None:
        """Send `bye` and close. Nothing is delivered afterwards."""
        self.send(Bye(reason=reason, reconnect_after=reconnect_after))
        self.close(code)

    def close(self, code: int) -> None:
        self.is_leaving = True
        self.pump.close(code)

    def abort(self, code: int) -> None:
        """Close the socket of a client that reads nothing. Frames that wait are dropped."""
        self.close(code)
        self.on_abort()
