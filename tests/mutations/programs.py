"""The rules of the HTTP API for programs, and how each is broken."""

from tests.mutations.mutation import Mutation

POSTING = ("tests/api/test_posting.py",)
ROOMS = ("tests/api/test_new_rooms.py",)
ERRORS = ("tests/api/test_errors.py",)
IDEMPOTENCY = "chat/api/idempotency.py"

PROGRAMS = [
    Mutation(
        "Requests with the same key post once",
        IDEMPOTENCY,
        "        if self.idempotency_key is msgspec.UNSET:\n",
        "        if True:\n",
        POSTING,
    ),
    Mutation(
        "Requests with different keys post different messages",
        IDEMPOTENCY,
        "{kind} {sender} {self.idempotency_key}",
        "{kind} {sender}",
        POSTING,
    ),
    Mutation(
        "A client id of the request counts, not one of the server",
        "chat/api/messages.py",
        "client_id=self.client_id or client_id",
        "client_id=client_id",
        POSTING,
    ),
    Mutation(
        "Rooms that programs create are counted",
        "chat/actions/rooms.py",
        "    if wait := limits.take_room(person.pk, address, kind=person.kind):\n",
        "    if wait := 0.0:\n",
        ROOMS,
    ),
    Mutation(
        "A link leads to the next page of a list, not to the same one",
        "chat/api/paging.py",
        "            query.pop(name, None)\n",
        "            query.setdefault(name, '')\n",
        ("tests/api/test_paging.py",),
    ),
    Mutation(
        "A refusal names the wrong field",
        "chat/api/endpoint.py",
        "status=error.status, field=error.field)",
        "status=error.status)",
        ERRORS,
    ),
]
