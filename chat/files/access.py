"""Access to files over HTTP: who asks, whether the file exists for them, and whether it still does."""

from collections.abc import Collection, Iterable

from django.db.models import Q
from django.http import HttpRequest

from chat.auth import authentication
from chat.auth.authentication import Credential, Identity
from chat.db.compiled_queries import CompiledQuery, Param, ParamList
from chat.files.addresses import Ticket
from chat.models import File, Message, Person
from chat.protocol import Scope

# A person's use of a file, by its key.
Use = tuple[Credential, str]

# Only files that are ready. Earlier ones may still say where a picture was taken, or have not been scanned.
READY = CompiledQuery(
    lambda: File.objects.visible_to(Param("person", Person._meta.pk)).filter(
        key__in=ParamList("keys", File._meta.get_field("key")), state=File.FileState.READY
    )
)


def find(request: HttpRequest, key: str) -> tuple[Credential, File] | None:
    """Return the file with this key, if it exists for the person who asks.

    Takes three queries, or fewer for no one, and one more for a token that works in one room.
    """
    identity = _identity(request)
    return _found(identity[1], key) if identity else None


def find_again(ticket: Ticket) -> tuple[Credential, File] | None:
    """Return the file of a signed address, if it still exists for the person who got the address."""
    credential = authentication.by_ids(ticket.person_id, ticket.session, ticket.token_id)
    return _found(credential, ticket.key) if credential else None


def _found(credential: Credential, key: str) -> tuple[Credential, File] | None:
    found = _ready(credential.person_id, [key])
    return next(((credential, file) for file in found if _reaches(credential, file)), None)


def _reaches(credential: Credential, file: File) -> bool:
    """Return whether a token may read a file. One of a single room reads those of its messages. Takes a query then."""
    here = {"room": credential.room_id, "deleted_at": None}
    return credential.allows(Scope.READ) and (
        credential.room_id is None
        or Message.objects.filter(Q(attachments__file=file) | Q(previews__image=file), **here).exists()
    )


def _identity(request: HttpRequest) -> Identity | None:
    """Return who asks: a program by its token, or a browser by its session."""
    has_token = "HTTP_AUTHORIZATION" in request.META
    [found] = authentication.from_tokens([request]) if has_token else authentication.from_sessions([request])
    return found if isinstance(found, tuple) else None


def lost(uses: Collection[Use]) -> set[Use]:
    """Return those uses that are no longer allowed. Takes three queries, and one for each person."""
    revoked = authentication.revoked({credential for credential, _ in uses})
    keys: dict[int, set[str]] = {}
    for credential, key in uses:
        keys.setdefault(credential.person_id, set()).add(key)
    visible = {(person_id, file.key) for person_id, its in keys.items() for file in _ready(person_id, its)}
    return {
        (credential, key)
        for credential, key in uses
        if credential in revoked or (credential.person_id, key) not in visible
    }


def _ready(person_id: int, keys: Iterable[str]) -> list[File]:
    return READY.rows(person=person_id, keys=keys)
