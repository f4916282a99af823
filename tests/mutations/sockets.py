"""The limits of what is read from a WebSocket, and how each is broken."""

from tests.mutations.mutation import Mutation

CONTROL = "tests/test_control_frames.py"
FLOODS = "tests/socket/test_floods.py"

FRAMES = [
    Mutation(
        "Little is parsed after the close frame",
        "chatsite/server/websocket.py",
        "            if self._input_after_close > CLOSE_FRAME_BYTES:\n",
        "            if False:\n",
        ("tests/test_connections.py",),
    ),
    Mutation(
        "uvicorn counts control frames as they are read",
        "chatsite/server/websocket.py",
        "        if not (self._is_uncounted(frame) or self._limit.take()):\n",
        "        if not (self._is_uncounted(frame) or self._limit.take() or frame.opcode):\n",
        (CONTROL,),
    ),
    Mutation(
        "Daphne counts control frames as they are read",
        "chatsite/server/daphne_frames.py",
        "        if not (_is_uncounted(self, frame) or self.frame_limit.take()):\n",
        "        if not (_is_uncounted(self, frame) or self.frame_limit.take() or frame.opcode):\n",
        (CONTROL,),
    ),
    Mutation(
        "Empty parts of a message are not kept",
        "chatsite/server/websocket.py",
        "        elif frame.data or frame.fin or self.conn.current_size is None:",
        "        else:",
        (CONTROL,),
    ),
    Mutation(
        "A connection sends only a few control frames before the person is known",
        "chatsite/server/control_frames.py",
        "self._early <= EARLY_FRAMES",
        "self._early <= 100 * EARLY_FRAMES",
        (CONTROL,),
    ),
    Mutation(
        "Control frames before the person is known are charged to them",
        "chatsite/server/control_frames.py",
        "        return all(take() for _ in range(self._early))\n",
        "        return True\n",
        (CONTROL,),
    ),
    Mutation(
        "All sockets of a person share the control frame limit",
        "chat/rate_limits/limits.py",
        "    if control_frames(kind).take(person_id):\n",
        "    if control_frames(kind).take(object()):\n",
        (FLOODS,),
    ),
    Mutation(
        "Guests behind one address share a limit of control frames",
        "chat/rate_limits/limits.py",
        "    return not (kind is AccountKind.GUEST and control_frames_by_address().take(address))\n",
        "    return True\n",
        ("tests/test_limits.py",),
    ),
    Mutation(
        "A socket closed for control frames counts as closed for flooding",
        "chat/delivery/connection.py",
        "            self.is_leaving = True\n            limits.floods().take(self.person.id)\n",
        "            self.is_leaving = True\n",
        (FLOODS,),
    ),
]

DESCRIPTION = "tests/api/test_description.py"
LAYER = "tests/test_memory_layer.py"

REST = [
    Mutation(
        "The description says which parameters exclude each other",
        "chat/api/messages.py",
        '    exclusive=("before", "after", "around"),\n',
        "",
        (DESCRIPTION,),
    ),
    Mutation(
        "The description says how long a message may be",
        "chat/api/messages.py",
        '    narrower={"body": {"minLength": 1, "maxLength": settings.CHAT_MAX_BODY}},\n',
        "",
        (DESCRIPTION,),
    ),
    Mutation(
        "The in-memory layer keeps no empty queue",
        "chatsite/config/memory_layer.py",
        "            if queue.empty():\n                self.channels.pop(channel, None)\n",
        "",
        (LAYER,),
    ),
    Mutation(
        "A channel exists while a receiver waits for it",
        "chatsite/config/memory_layer.py",
        "        if not self._receiving[channel]:\n",
        "        if True:\n",
        (LAYER,),
    ),
    Mutation(
        "The terminal acknowledges at half of the window",
        "chat/terminal/keepalive.py",
        "self._acknowledge_at_bytes = 0, window // 2",
        "self._acknowledge_at_bytes = 0, window * 2",
        ("tests/terminal/test_room_session.py",),
    ),
]

SOCKETS = [*FRAMES, *REST]
