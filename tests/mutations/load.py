"""The rules that keep the work that one request makes within bounds, and how each is broken."""

from tests.mutations.mutation import Mutation

HASHING = "tests/accounts/test_hashing.py"
REFUSALS = "tests/matrix/test_refusals.py"
ADDRESSES = "tests/test_addresses.py"
HANDSHAKES = "tests/socket/test_refused_handshakes.py"
SENDERS = "tests/api/test_senders.py"
SENDING = "tests/test_daphne_sending.py"
ACCESS = "tests/test_request_log.py"
DOWNLOADS = "tests/profile/test_downloads.py"

LOAD = [
    Mutation(
        "Passwords are hashed in threads of their own",
        "chatsite/server/django_handler.py",
        "        if not password_hashing.is_needed(request):\n",
        "        if request:\n",
        (HASHING,),
    ),
    Mutation(
        "The queue for password hashes has a bound",
        "chat/auth/password_hashing.py",
        "        if len(self) >= self._length or self._taken[network] >= self._per_address:\n",
        "        if self._taken[network] >= self._per_address:\n",
        (HASHING,),
    ),
    Mutation(
        "An address can use only a part of the queue for password hashes",
        "chat/auth/password_hashing.py",
        "        if len(self) >= self._length or self._taken[network] >= self._per_address:\n",
        "        if len(self) >= self._places:\n",
        (HASHING,),
    ),
    Mutation(
        "A request refused by the queue hashes nothing",
        "chat/middleware/pages.py",
        '        if getattr(request, "may_hash", True):\n',
        "        if request.method:\n",
        (HASHING,),
    ),
    Mutation(
        "A hash is computed in a thread of low priority",
        "chat/auth/password_hashing.py",
        "        return self._threads.submit(super().encode, password, salt, iterations).result()\n",
        "        return super().encode(password, salt, iterations)\n",
        (HASHING,),
    ),
    Mutation(
        "A download holds no database connection while it is sent",
        "chat/exports/streaming.py",
        "        connections.close_all()\n",
        "        pass\n",
        (DOWNLOADS,),
    ),
    Mutation(
        "A person has a limited number of downloads at once",
        "chat/exports/streaming.py",
        "    if taken.count(person_id) >= MAX_DOWNLOADS_EACH:\n",
        "    if False:\n",
        (DOWNLOADS,),
    ),
    Mutation(
        "A process has a limited number of downloads at once",
        "chat/exports/streaming.py",
        "    if len(taken) >= MAX_DOWNLOADS:\n",
        "    if False:\n",
        (DOWNLOADS,),
    ),
    Mutation(
        "A piece of a download has a size limit",
        "chat/exports/streaming.py",
        "        if size >= PIECE_BYTES:\n",
        "        if size >= 100 * PIECE_BYTES:\n",
        (DOWNLOADS,),
    ),
    Mutation(
        "Each piece of a download has a deadline",
        "chatsite/server/django_handler.py",
        "                await self.send_response(response, _in_time(send))\n",
        "                await self.send_response(response, send)\n",
        (DOWNLOADS,),
    ),
    Mutation(
        "A download as a whole has a deadline",
        "chatsite/server/django_handler.py",
        "            async with asyncio.timeout(STREAM_SECONDS):\n",
        "            async with asyncio.timeout(None):\n",
        (DOWNLOADS,),
    ),
    Mutation(
        "Requests with the Origin of another site are refused",
        "chat/auth/origins.py",
        "    if is_foreign(request):\n",
        "    if False:\n",
        (SENDERS,),
    ),
    Mutation(
        "Requests with the Sec-Fetch-Site of another site are refused",
        "chat/auth/origins.py",
        'OWN_SITES = ("same-origin", "none")\n',
        'OWN_SITES = ("same-origin", "none", "same-site", "cross-site")\n',
        (SENDERS,),
    ),
    Mutation(
        "A body without the JSON media type is not read",
        "chat/api/operation.py",
        "    if request.body and request.content_type != JSON:\n",
        "    if not request.body:\n",
        (SENDERS,),
    ),
    Mutation(
        "A page of another site reports no violations",
        "chat/views/csp_reports.py",
        "    if origins.is_sent_by_another_site(request):\n",
        "    if False:\n",
        (SENDERS,),
    ),
    Mutation(
        "A search is counted before names are looked up",
        "chat/search/finding.py",
        "    _admit(person)  # before names are looked up: otherwise they could be tried without limit\n"
        "    authors = _authors(person, query.author)\n",
        "    authors = _authors(person, query.author)\n    _admit(person)\n",
        (REFUSALS,),
    ),
    Mutation(
        "An overlong name or password is not hashed",
        "chat/auth/login_throttle.py",
        "    if len(name) > cleaning.TYPED_NAME_MAX_LENGTH or len(password) > password_hashing.MAX_PASSWORD_LENGTH:\n",
        "    if not name:\n",
        (REFUSALS,),
    ),
    Mutation(
        "A new password has a length limit",
        "chat/auth/password_hashing.py",
        "        if len(password) > MAX_PASSWORD_LENGTH:\n",
        "        if not password:\n",
        (REFUSALS,),
    ),
    Mutation(
        "A post is counted before its room is looked up",
        "chat/api/messages.py",
        "    wait = limits.take_post(",
        "    Room.seen_by(person, slug)\n    wait = limits.take_post(",
        (REFUSALS,),
    ),
    Mutation(
        "A report over the limit is refused before a room is looked up",
        "chat/api/reports.py",
        "    reports.check_rate(person)\n",
        "",
        (REFUSALS,),
    ),
    Mutation(
        "A handshake without credentials causes no room query",
        "chat/delivery/admission/access.py",
        "    admissions = iter(authorize(known) if known else ())",
        "    admissions = iter(authorize(known))",
        (HANDSHAKES,),
    ),
    Mutation(
        "An IPv6 /64 network is one address",
        "chat/auth/login_throttle.py",
        '    return limits.network_of(request.META.get("REMOTE_ADDR") or "")\n',
        '    return request.META.get("REMOTE_ADDR") or ""\n',
        (ADDRESSES,),
    ),
    Mutation(
        "An IPv6 /64 network is one address in the queue for password hashes",
        "chat/auth/password_hashing.py",
        "        network = limits.network_of(address)\n",
        "        network = address\n",
        (ADDRESSES,),
    ),
    Mutation(
        "Under Daphne a piece of a download waits for the client",
        "chatsite/server/daphne_sending.py",
        "            await _until_taken(protocol)\n",
        "            pass\n",
        (SENDING,),
    ),
    Mutation(
        "Under Daphne an answer that stopped midway ends its connection",
        "chatsite/server/daphne_sending.py",
        "    if is_connected(request) and is_incomplete(request):\n",
        "    if False:\n",
        (SENDING,),
    ),
    Mutation(
        "Under Daphne a page in memory is sent without waiting",
        "chatsite/server/daphne_sending.py",
        '    return bool(request.responseHeaders.hasHeader(b"content-length"))\n',
        "    return False\n",
        (SENDING,),
    ),
    Mutation(
        "Under Daphne a sender that waits for a client continues when the connection is lost",
        "chatsite/server/daphne_sending.py",
        "    def stopProducing(self) -> None:\n        self._is_over.set()\n",
        "    def stopProducing(self) -> None:\n        pass\n",
        (SENDING,),
    ),
    Mutation(
        "An expected refusal logs no error",
        "chat/middleware/request_log.py",
        '        is_chosen = path in PROBES or getattr(record, "status_code", None) == REFUSED\n',
        "        is_chosen = path in PROBES\n",
        (ACCESS,),
    ),
]
