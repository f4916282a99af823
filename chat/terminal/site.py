"""The HTTP client of the site: authentication, the list of rooms, and pages of messages."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http.client import HTTPException, HTTPMessage
from types import MappingProxyType
from typing import IO, Any

import msgspec

from chat.protocol import Code, MessageData, PersonData, RoomData
from chat.terminal.address import Address, quoted
from chat.terminal.error_messages import Unreachable, failed_with, failure_of
from chat.terminal.exit_codes import Exit, ExitError, SignedOut

USER_AGENT = "chat in a terminal"
TIMEOUT_SECONDS = 10.0
# The server's limit for a search for room names.
MAX_WORDS = 80
# The server's limit for a page of people.
PEOPLE = 200
# Members in a page, as many as the page of a room shows.
MEMBERS = 50
# More than the largest page of messages needs.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class WelcomeReply(msgspec.Struct, frozen=True):
    token: str
    you: PersonData


class HistoryPageReply(msgspec.Struct, frozen=True):
    messages: list[MessageData]
    cursor: str
    more: bool


class RoomReply(RoomData, frozen=True):
    """A visible room. Older sites do not say whether the user belongs to it: reading joins it there."""

    joined: bool | None = None


class RoomListReply(msgspec.Struct, frozen=True):
    rooms: list[RoomReply]
    next: str | None = None


class PeopleReply(msgspec.Struct, frozen=True):
    people: list[PersonData]
    more: bool


class MemberReply(msgspec.Struct, frozen=True):
    person: PersonData
    role: str


class MembersReply(msgspec.Struct, frozen=True):
    """A page of members by name, and the number of all members of the room."""

    members: list[MemberReply]
    more: bool
    count: int


class RoomRefReply(msgspec.Struct, frozen=True):
    slug: str
    name: str


class ActivityEntryReply(msgspec.Struct, frozen=True):
    """A message for the user: a mention, one for everyone, or a reply."""

    room: RoomRefReply
    message: MessageData
    unread: bool


class ActivityReply(msgspec.Struct, frozen=True):
    """Entries, the newest first."""

    entries: list[ActivityEntryReply]
    more: bool


class InvitationReply(msgspec.Struct, frozen=True):
    class LinkFields(msgspec.Struct, frozen=True):
        url: str

    invitation: LinkFields


class OneRoomReply(msgspec.Struct, frozen=True):
    """A room that the user has entered, or a direct conversation."""

    room: RoomReply


class RoomsReadReply(msgspec.Struct, frozen=True):
    rooms: int


class _Refusal(msgspec.Struct, frozen=True):
    class ErrorFields(msgspec.Struct, frozen=True):
        code: str
        detail: str

    error: ErrorFields


class Site:
    """The site's HTTP API.

    All methods block, at most until nothing was received for `timeout_seconds`. Each raises ExitError if there is no
    answer.
    """

    def __init__(self, address: Address, timeout_seconds: float = TIMEOUT_SECONDS):
        self.address = address
        self._timeout = min(timeout_seconds, TIMEOUT_SECONDS)
        handlers: list[Any] = [_NoRedirects]
        if address.is_loopback:
            handlers.append(urllib.request.ProxyHandler({}))  # a proxy has its own loopback
        self._opener = urllib.request.build_opener(*handlers)

    def join(self, name: str) -> WelcomeReply:
        """Create a guest."""
        return self._call("/api/join/", WelcomeReply, {"name": name})

    def sign_in(self, name: str, password: str) -> WelcomeReply:
        return self._call("/api/token/", WelcomeReply, {"username": name, "password": password})

    def rooms(self, token: str, words: str = "", *, mine: bool = False) -> RoomListReply:
        """Return the visible rooms whose names contain these words, most recently active first. A long list is cut.

        `mine` leaves out the rooms that the user does not belong to. Older sites ignore it.
        """
        query = {**({"q": words[:MAX_WORDS]} if words else {}), **({"mine": "true"} if mine else {})}
        return self._call("/api/rooms/", RoomListReply, token=token, query=query)

    def join_room(self, token: str, room: str, **changes: bool) -> None:
        """Make the user a member, and star the room or not with `starred`. A repeat changes nothing.

        `closed` takes a direct conversation out of the user's list until its next message.
        """
        self._call(_membership(room), msgspec.Raw, changes, token, method="PUT")

    def leave_room(self, token: str, room: str) -> None:
        self._call(_membership(room), None, token=token, method="DELETE")

    def people(self, token: str, words: str) -> PeopleReply:
        """Return the first people by name whom the user can find and whose names contain these words."""
        return self._call("/api/people/", PeopleReply, token=token, query={"q": words[:MAX_WORDS], "limit": PEOPLE})

    def members(self, token: str, room: str, words: str, after: int) -> MembersReply:
        """Return a page of a room's members whose names contain these words, after the person of this id."""
        path = f"/api/rooms/{quoted(room)}/members/"
        query: dict[str, int | str] = {"q": words[:MAX_WORDS], "after": after, "limit": MEMBERS}
        return self._call(path, MembersReply, token=token, query=query)

    def open_direct(self, token: str, people: Sequence[int]) -> OneRoomReply:
        """Return the direct conversation with the people of these ids. It is made if there is none."""
        return self._call("/api/direct/", OneRoomReply, {"people": list(people)}, token)

    def add_person(self, token: str, room: str, name: str) -> None:
        """Make someone else a member."""
        self._call(f"/api/rooms/{quoted(room)}/people/", msgspec.Raw, {"name": name}, token)

    def create_invitation(self, token: str, room: str) -> InvitationReply:
        """Create an invitation link with the site's default limits."""
        return self._call("/api/invitations/", InvitationReply, {"room": room}, token)

    def use_invitation(self, token: str, code: str) -> OneRoomReply:
        """Join the room of an invitation. A repeat changes nothing."""
        return self._call("/api/invitations/use/", OneRoomReply, {"code": code}, token)

    def activity(self, token: str) -> ActivityReply:
        return self._call("/api/activity/", ActivityReply, token=token)

    def mark_activity_read(self, token: str) -> RoomsReadReply:
        """Mark the rooms with unread mentions as read."""
        return self._call("/api/activity/read/", RoomsReadReply, {}, token)

    def messages(self, token: str, room: str, **query: int) -> HistoryPageReply:
        """Return a page of a room's messages, by `before`, `after` or `around` a `seq`, with a `limit`."""
        return self._call(f"/api/rooms/{quoted(room)}/messages/", HistoryPageReply, token=token, query=query)

    def change_upload(
        self,
        token: str,
        method: str,
        path: str,
        headers: Mapping[str, str] = MappingProxyType({}),
        piece: bytes | None = None,
    ) -> HTTPMessage:
        """Begin an upload, add a piece, or ask for its offset. Return the headers of the answer."""
        sent = {"User-Agent": USER_AGENT, "Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0", **headers}
        if piece is not None:
            sent["Content-Type"] = "application/offset+octet-stream"
        request = urllib.request.Request(self.address.http(path), piece, sent, method=method)  # noqa: S310
        return self._send(request)[0]

    def _call(
        self,
        path: str,
        kind: Any,
        fields: object = None,
        token: str | None = None,
        method: str | None = None,
        query: Mapping[str, int | str] = MappingProxyType({}),
    ) -> Any:
        """Send a request and return its answer as this kind. None stands for an answer without content."""
        headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json", "Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = None if fields is None else json.dumps(fields).encode()
        address = self.address.http(path, **query)
        request = urllib.request.Request(address, data, headers, method=method)  # noqa: S310
        content = self._send(request)[1]
        try:
            return None if kind is None else msgspec.json.decode(content, type=kind)
        except _UNREADABLE as error:
            raise failure_of(self.address, error) from error

    def _send(self, request: urllib.request.Request) -> tuple[HTTPMessage, bytes]:
        """Send a request. Return the headers and the content of its answer."""
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return answer.headers, answer.read(MAX_ANSWER_BYTES)
        except urllib.error.HTTPError as error:
            raise self._failure(error) from error
        except urllib.error.URLError as error:
            raise failure_of(self.address, error.reason) from error
        except (OSError, HTTPException) as error:
            raise failure_of(self.address, error) from error

    def _failure(self, error: urllib.error.HTTPError) -> ExitError:
        try:
            refusal = msgspec.json.decode(error.read(MAX_ANSWER_BYTES), type=_Refusal).error
        except (OSError, HTTPException, *_UNREADABLE):
            return failed_with(self.address, error.code, error.headers.get("Location"))
        if refusal.code == Code.SIGNED_OUT:
            return SignedOut(refusal.detail)
        if error.code >= 500:
            return Unreachable(self.address, refusal.detail)
        wait = error.headers.get("Retry-After", "")
        later = f" Wait {wait} s." if wait.isascii() and wait.isdigit() else ""
        return ExitError(Exit.NOT_ADMITTED, refusal.detail + later)


def _membership(room: str) -> str:
    return f"/api/rooms/{quoted(room)}/membership/"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follow no redirect. A token or password must not reach a host that the user did not name."""

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> None:
        return None

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302
