"""The rules, from the log in the database up to the clients, and how each is broken."""

from tests.mutations.bots import BOT_RULES
from tests.mutations.dates import DATES
from tests.mutations.direct import DIRECT_ROOMS
from tests.mutations.files import FILES
from tests.mutations.guards import GUARDS
from tests.mutations.imports import IMPORTS
from tests.mutations.invitations import INVITATIONS
from tests.mutations.jobs import JOBS
from tests.mutations.load import LOAD
from tests.mutations.mail import MAIL
from tests.mutations.members import MEMBERS
from tests.mutations.mentions import MENTIONS
from tests.mutations.mutation import Mutation
from tests.mutations.newcomers import NEWCOMERS
from tests.mutations.notices import NOTICE_RULES
from tests.mutations.personal import PERSONAL
from tests.mutations.previews import PREVIEWS
from tests.mutations.programs import PROGRAMS
from tests.mutations.push import PUSH
from tests.mutations.reading import READING
from tests.mutations.requests import REQUESTS
from tests.mutations.rooms import ROOMS
from tests.mutations.serving import SERVING
from tests.mutations.sessions import SESSIONS
from tests.mutations.sockets import SOCKETS
from tests.mutations.staff import STAFF
from tests.mutations.surroundings import SURROUNDINGS
from tests.mutations.text import TEXT
from tests.mutations.webhooks import WEBHOOK_RULES

ACTIONS = "tests/models/test_actions.py"
DELIVERY = "tests/models/test_delivery.py"
FEED = "tests/test_feed.py"
HISTORY = "tests/test_history.py"
HUB = "tests/test_hub.py"
WORKERS = "tests/models/test_workers.py"
SOCKET = "tests/socket/test_delivery.py"
PAGE = "tests/browser/test_javascript.py"
TERMINAL = "tests/terminal/test_vectors.py"

LOG = [
    Mutation(
        "The head is read before the rows",
        "chat/history.py",
        """    top = head(room_id)
    if top is None:
        return None
    rows = CHANGED(limit).rows(room=room_id, floor=0, rev=rev, top=top.rev)
    found = [(message.rev, serializers.encode(message)) for message in serializers.messages(rows)]
""",
        """    rows = CHANGED(limit).rows(room=room_id, floor=0, rev=rev, top=2**60)
    found = [(message.rev, serializers.encode(message)) for message in serializers.messages(rows)]
    top = head(room_id)
    if top is None:
        return None
""",
        (HISTORY,),
    ),
    Mutation(
        "A full page reaches its last row, not the head",
        "chat/history.py",
        "entries[-1][0] if is_full else top.rev, entries)",
        "top.rev, entries)",
        (HISTORY,),
    ),
    Mutation(
        "A page that is not full reaches the head: revisions are not dense",
        "chat/history.py",
        "entries[-1][0] if is_full else top.rev, entries)",
        "rev + len(entries), entries)",
        (HISTORY,),
    ),
    Mutation(
        "A cursor of another epoch cannot be resumed",
        "chat/history.py",
        "return (cursor.epoch, cursor.room_id) == (self.epoch, self.room_id) and max(",
        "return cursor.room_id == self.room_id and max(",
        (SOCKET,),
    ),
    Mutation(
        "A cursor below the floor cannot be resumed",
        "chat/history.py",
        "            self.floor_rev, self.rev - limit\n",
        "            0, self.rev - limit\n",
        (HISTORY,),
    ),
]
WRITING = [
    Mutation(
        "A change is published after its commit, never before",
        "chat/broadcast.py",
        "transaction.on_commit(lambda: _send(event))",
        "_send(event)",
        (HISTORY,),
    ),
    Mutation(
        "An ok is sent only after the commit",
        "chat/actions/messages.py",
        "            batch.save()\n",
        "            transaction.on_commit(batch.save, robust=True)\n",
        (SOCKET,),
    ),
    Mutation(
        "A retry does not post again",
        "chat/actions/messages.py",
        "    if earlier := batch.posted.get(key):\n",
        "    if earlier := {}.get(key):\n",
        (WORKERS,),
    ),
    Mutation(
        "A client id belongs to one text",
        "chat/actions/messages.py",
        "        if not fingerprints.are_same(earlier.fingerprint, fingerprint) and not earlier.is_erased:\n",
        "        if earlier is None:\n",
        (ACTIONS,),
    ),
    Mutation(
        "A request that the database refuses does not fail its neighbours",
        "chat/actions/messages.py",
        "        return [outcome for request in requests for outcome in _in_one_transaction([request])]\n",
        "        return [unavailable() for _ in requests]\n",
        (ACTIONS,),
    ),
    Mutation(
        "A refusal does not fail its neighbours",
        "chat/actions/messages.py",
        "    except ActionError as refusal:\n        return refusal\n\n\ndef _with_rendered_body",
        "    except ActionError as refusal:\n        raise DatabaseError from refusal\n\n\ndef _with_rendered_body",
        (ACTIONS,),
    ),
    Mutation(
        "Every change of a message advances the revision",
        "chat/actions/messages.py",
        "            batch.unreact(message, reaction)\n        batch.touch(room, message)\n",
        "            batch.unreact(message, reaction)\n",
        (ACTIONS,),
    ),
    Mutation(
        "A rolled back change is not published",
        "chat/serializers.py",
        'body="" if is_deleted else row.body,',
        "body=row.body,",
        (ACTIONS,),
    ),
    Mutation(
        "A read position moves forward only",
        "chat/actions/memberships.py",
        "        elif membership.left_at is None and seq > membership.read_seq:\n",
        "        elif membership.left_at is None and seq != membership.read_seq:\n",
        (ACTIONS,),
    ),
    Mutation(
        "A broadcast names the revision at which it begins",
        "chat/actions/batch.py",
        "broadcast.changes(room_id, epoch, self.old_revs[room_id], head.rev, changes)",
        "broadcast.changes(room_id, epoch, changes[0][0] - 1, head.rev, changes)",
        (ACTIONS,),
    ),
]
FOLLOWING = [
    Mutation(
        "A broadcast moves the feed only if it begins at its revision",
        "chat/delivery/feed.py",
        '        elif event["after"] == self.rev:\n',
        "        elif self.rev >= 0:\n",
        (FEED,),
    ),
    Mutation(
        "A broadcast of another epoch only triggers a read",
        "chat/delivery/feed.py",
        '        if event["epoch"] != self.epoch:\n',
        '        if event["epoch"] == "":\n',
        (DELIVERY,),
    ),
    Mutation(
        "Rows of another epoch start the log over",
        "chat/delivery/feed.py",
        "        if rows.head.epoch != self.epoch or rows.head.rev < rows.after:\n",
        "        if rows.head.rev < rows.after:\n",
        (FEED,),
    ),
    Mutation(
        "Every head carries its floor",
        "chat/delivery/feed.py",
        "        self._raise_floor(rows.head)\n        if rows.rev > self.rev:\n",
        "        if rows.rev > self.rev:\n",
        (FEED,),
    ),
    Mutation(
        "A client below the floor gets a reset",
        "chat/delivery/pump.py",
        "return self._generation != self.feed.generation or is_below_floor",
        "return self._generation != self.feed.generation or is_below_floor is None",
        (FEED,),
    ),
    Mutation(
        "Revisions in memory are not dense either",
        "chat/delivery/segment.py",
        "        first = last = bisect_right(self._revs, rev)\n",
        "        first = last = min(rev - self.start, len(self))\n",
        (FEED,),
    ),
    Mutation(
        "A hint moves no cursor",
        "chat/delivery/service.py",
        '            case "room.moved" if feed := self.rooms.feeds.get(event["room"]):\n'
        "                feed.catch_up()\n",
        '            case "room.moved" if feed := self.rooms.feeds.get(event["room"]):\n'
        '                feed.ring.extend([], event["rev"])\n',
        (SOCKET,),
    ),
    Mutation(
        "An early broadcast waits for the one before it",
        "chat/delivery/feed.py",
        "            event = self._early.pop(self.rev, None)\n        self._moved()",
        "            event = None\n        self._moved()",
        (FEED,),
    ),
    Mutation(
        "A change announced during a read is read afterwards",
        "chat/delivery/feed.py",
        "        self._catch_up_again = True\n        if self._catching_up is None",
        "        self._catch_up_again = self._catching_up is None or self._catching_up.done()\n"
        "        if self._catching_up is None",
        (FEED,),
    ),
    Mutation(
        "An outdated head is not taken for another log",
        "chat/delivery/feed.py",
        "(known == (self.epoch, self.rev) and head.rev < self.rev)",
        "(known and head.rev < self.rev)",
        (FEED,),
    ),
    Mutation(
        "The heads are checked, whatever the layer delivers",
        "chat/delivery/head_check.py",
        "                feed.observe_head(head, known=known[room_id])\n",
        "                log.debug('%s', feed)\n",
        (SOCKET,),
    ),
    Mutation(
        "A layer that delivers nothing is noticed",
        "chat/delivery/layer_health.py",
        "        if self._sent - self._received >= MISSING_BEATS:\n",
        "        if self._sent < self._received:\n",
        (HUB,),
    ),
    Mutation(
        "Groups are joined again when the layer is back",
        "chat/delivery/layer_health.py",
        "            self._outage.end()\n            self._renew()\n",
        "            self._outage.end()\n",
        (HUB,),
    ),
]
SENDING = [
    Mutation(
        "No wake-up of a pump is lost",
        "chat/delivery/pump.py",
        "        self._idle = asyncio.get_running_loop().create_future()\n",
        "        await asyncio.sleep(0)\n        self._idle = asyncio.get_running_loop().create_future()\n",
        (FEED,),
    ),
    Mutation(
        "A client that acknowledges nothing gets one window of changes",
        "chat/delivery/pump.py",
        "elif self._is_behind() and not self._is_held and not self._is_void() and self._window < WINDOW_BYTES:",
        "elif self._is_behind() and not self._is_held and not self._is_void():",
        (FEED,),
    ),
    Mutation(
        "Someone who was removed gets no message before the access check",
        "chat/delivery/access_check.py",
        "            connection.pump.hold()\n",
        "",
        ("tests/socket/test_moderation.py",),
    ),
    Mutation(
        "A connection that passes the access check gets the messages held back meanwhile",
        "chat/delivery/access_check.py",
        "            connection.pump.release()\n",
        "            pass\n",
        ("tests/socket/test_moderation.py",),
    ),
    Mutation(
        "The lease of a dead worker expires",
        "chat/delivery/presence/roster.py",
        "if now - other.seen_at > LEASE_SECONDS or it not in claims]",
        "if it not in claims]",
        ("tests/socket/test_people.py",),
    ),
    Mutation(
        "Access is checked while a socket is open",
        "chat/delivery/access_check.py",
        "        if connection.credential in found.revoked:\n",
        "        if connection.credential is None:\n",
        ("tests/socket/test_admission.py",),
    ),
    Mutation(
        "Permissions are checked at every write",
        "chat/actions/batch.py",
        "not person.is_active or request.credential in self.revoked:",
        "not person.is_active:",
        ("tests/socket/test_admission.py",),
    ),
]
CLIENTS = [
    Mutation(
        "An older revision never replaces a newer one in the page",
        "chat/static/chat/js/models/message_window.js",
        "message.rev > (this.#messages.get(message.seq)?.rev ?? 0)",
        "message.rev !== (this.#messages.get(message.seq)?.rev ?? 0)",
        (PAGE,),
    ),
    Mutation(
        "A page does not undo changes that arrive while it loads",
        "chat/static/chat/js/models/timeline.js",
        "    return this.#take(this.#collected ?? []);\n",
        "    return this.#take([]);\n",
        (PAGE,),
    ),
    Mutation(
        "The cursor of the page stays until the room is loaded again",
        "chat/static/chat/js/models/timeline.js",
        "    if (!this.isVoid) {\n      this.cursor = cursor;\n",
        "    this.cursor = cursor;\n    if (!this.isVoid) {\n",
        (PAGE,),
    ),
    Mutation(
        "Unanswered messages are sent again after a reconnect",
        "chat/static/chat/js/models/sender.js",
        "    this.#timer = 0;\n    this.#underway = null;\n    this.#sendNext();\n",
        "    this.#timer = 0;\n    this.#sendNext();\n",
        (PAGE,),
    ),
    Mutation(
        "One message is sent at a time",
        "chat/static/chat/js/models/sender.js",
        "    if (this.#underway || this.#timer || !entry || isUploading(entry)) {\n",
        "    if (this.#timer || !entry || isUploading(entry)) {\n",
        (PAGE,),
    ),
    Mutation(
        "An older revision never replaces a newer one in the terminal",
        "chat/transcript/transcript.py",
        "            elif known is not None and message.rev > known.rev:\n",
        "            elif known is not None and message.rev != known.rev:\n",
        (TERMINAL,),
    ),
    Mutation(
        "The terminal repeats a command until it is answered",
        "chat/terminal/outbox.py",
        "                await asyncio.sleep(reply.retry_after or 1.0)\n                continue\n",
        "                await asyncio.sleep(reply.retry_after or 1.0)\n",
        (TERMINAL,),
    ),
]
# One list a line, so that two branches that add one do not conflict.
RULES = [
    *LOG,
    *WRITING,
    *FOLLOWING,
    *SENDING,
    *CLIENTS,
    *DIRECT_ROOMS,
    *GUARDS,
    *IMPORTS,
    *INVITATIONS,
    *DATES,
    *FILES,
    *SERVING,
    *JOBS,
    *LOAD,
    *MAIL,
    *MEMBERS,
    *MENTIONS,
    *NOTICE_RULES,
    *NEWCOMERS,
    *PERSONAL,
    *BOT_RULES,
    *WEBHOOK_RULES,
    *PROGRAMS,
    *PREVIEWS,
    *PUSH,
    *READING,
    *REQUESTS,
    *ROOMS,
    *SESSIONS,
    *SOCKETS,
    *STAFF,
    *SURROUNDINGS,
    *TEXT,
]
