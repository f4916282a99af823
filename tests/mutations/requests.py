"""The rules for what one HTTP connection may send, and how each is broken."""

from tests.mutations.mutation import Mutation

HTTP = "chatsite/server/http.py"
UVICORN = "chat/adapters/uvicorn.py"
DAPHNE = "chatsite/server/daphne.py"
CHECKS = "chatsite/server/requests.py"
PROXIES = "chatsite/server/forwarded.py"
PAGES = "chatsite/server/django_handler.py"
PIPELINING = "tests/test_pipelining.py"
HEADS = "tests/test_request_heads.py"
HANDSHAKE = "tests/test_handshake.py"
CONNECTIONS = "tests/test_connections.py"
OF_PROXIES = "tests/test_forwarded.py"
OF_PAGES = "tests/test_page_threads.py"

PIPELINED = [
    Mutation(
        "A head has at most a hundred headers",
        HTTP,
        "        if len(self.headers) >= requests.HEADERS:\n",
        "        if False:\n",
        (HEADS,),
    ),
    Mutation(
        "A head without an end is refused at its limit",
        HTTP,
        "            if self._head_received > requests.HEAD_BYTES:\n",
        "            if False:\n",
        (HEADS,),
    ),
    Mutation(
        "One-byte chunks are limited",
        HTTP,
        "        elif self._received - self._body_received > FRAMING_BYTES:\n",
        "        elif self._received - self._body_received > requests.BODY_BYTES:\n",
        (HEADS,),
    ),
    Mutation(
        "A long Content-Type is refused before Django parses it",
        CHECKS,
        '    if len(found.get(b"content-type", b"")) > CONTENT_TYPE_BYTES:\n',
        "    if False:\n",
        (HEADS,),
    ),
    Mutation(
        "Quoted cookies are read in one pass",
        "chat/apps.py",
        "        http_cookies.replace_unquoting()\n",
        "",
        ("tests/adapters/test_http_cookies.py",),
    ),
    Mutation(
        "At most sixteen requests of a connection wait",
        HTTP,
        "        if len(self.pipeline) >= QUEUED_REQUESTS:\n",
        "        if False:\n",
        (PIPELINING,),
    ),
    Mutation(
        "Nothing is read while a request waits",
        UVICORN,
        "        if self.read_paused and not self._queue:\n            super().resume_reading()\n",
        "        super().resume_reading()\n",
        (PIPELINING,),
    ),
    Mutation(
        "The queue of a connection ends with it",
        HTTP,
        "        self._stop_expecting()\n        self.drop_queue()\n        super().connection_lost(exc)\n",
        "        self._stop_expecting()\n        super().connection_lost(exc)\n",
        (PIPELINING,),
    ),
    Mutation(
        "Requests that wait are not answered at the server's end",
        HTTP,
        "        if self.pipeline:  # earlier requests are answered first\n",
        "        if False:\n",
        (PIPELINING,),
    ),
    Mutation(
        "One read from a connection is limited",
        "chatsite/server/tcp.py",
        "        transport.max_size = READ_BYTES\n",
        "        pass\n",
        (PIPELINING, CONNECTIONS),
    ),
]

HEADS_AND_BODIES = [
    Mutation("A request names one host", CHECKS, "    if is_repeated or (", "    if (", (HEADS,)),
    Mutation("A request names a host", CHECKS, ' else version() >= "1.1"', " else False", (HEADS,)),
    Mutation("A request names a host that is valid", CHECKS, "not _is_host(host) if", "not host if", (HEADS,)),
    Mutation(
        "A handshake has no body",
        CHECKS,
        '    if upgrades and (length or b"transfer-encoding" in found):\n',
        "    if False:\n",
        (HANDSHAKE,),
    ),
    Mutation(
        "A Connection header is a list of tokens",
        CHECKS,
        "    if upgrades and not all(_TOKEN.fullmatch(token) for token in _connection(headers)):\n",
        "    if False:\n",
        (HANDSHAKE,),
    ),
    Mutation(
        "Blanks after a header value are removed",
        HTTP,
        'self.on_header(name, value.rstrip(b" \\t"))',
        "self.on_header(name, value)",
        (HANDSHAKE,),
    ),
    Mutation(
        "A handshake waits for the answer before it",
        HTTP,
        "        if refusal is None and upgrades and self.is_answering():\n",
        "        if False:\n",
        (HANDSHAKE,),
    ),
    Mutation(
        "The host of an absolute target replaces the Host header",
        HTTP,
        '[(b"host", authority), *(header for header in self.headers if header[0] != b"host")]',
        "[*self.headers]",
        (HEADS, HANDSHAKE),
    ),
    Mutation(
        "A declared length above the limit is refused",
        CHECKS,
        "TOO_LARGE if length > BODY_BYTES else None",
        "None",
        (HEADS,),
    ),
    Mutation(
        "A body of unknown length is counted",
        HTTP,
        "        if self._body_received <= requests.BODY_BYTES:\n",
        "        if True:\n",
        (HEADS,),
    ),
    Mutation(
        "The rest of a refused request is read, so that the answer arrives",
        HTTP,
        "        self._linger()\n\n    def _linger",
        "        self.transport.close()\n\n    def _linger",
        (HEADS, CONNECTIONS),
    ),
    Mutation(
        "The rest of a refused request is read for a limited time",
        HTTP,
        "            if self._received > requests.LINGER_BYTES:\n",
        "            if False:\n",
        (HEADS,),
    ),
    Mutation(
        "Daphne counts a body of unknown length",
        DAPHNE,
        "        if request.content.tell() + len(data) > requests.BODY_BYTES:\n",
        "        if False:\n",
        (HEADS,),
    ),
    Mutation(
        "Daphne refuses a declared length above the limit",
        DAPHNE,
        "        if channel.length is not None and channel.length > requests.BODY_BYTES:\n",
        "        if False:\n",
        (HEADS,),
    ),
    Mutation(
        "Daphne checks the head of a request",
        DAPHNE,
        "        return process(request) if refusal is None else _refuse(request, refusal)\n",
        "        return process(request)\n",
        (HEADS,),
    ),
]

FORWARDED = [
    Mutation(
        "The scheme of the last hop counts",
        PROXIES,
        "scheme = values[-1]",
        'scheme = ",".join(values)',
        (OF_PROXIES,),
    ),
    Mutation(
        "An invalid address ends the chain of proxies",
        PROXIES,
        "found = HOP.fullmatch(hop)",
        "found = HOP.match(hop)",
        (OF_PROXIES,),
    ),
    Mutation(
        "Django signals the end of an unreadable request",
        PAGES,
        "        name_handler(response, self.__class__)\n        response.close()\n",
        "        pass\n",
        (OF_PAGES,),
    ),
    Mutation(
        "A page that the server cancels is not sent later",
        PAGES,
        "        try:\n            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)\n        finally:\n",
        "        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)\n        if True:\n",
        (OF_PAGES,),
    ),
]
REQUESTS = [*PIPELINED, *HEADS_AND_BODIES, *FORWARDED]
