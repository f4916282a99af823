"""The people who reacted to a message."""

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import history, protocol
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.models import Person, Room
from chat.protocol import Code, Scope


class Reactions(msgspec.Struct, frozen=True):
    reactions: list[protocol.ReactionBy]


@signed_in
@operation(scope=Scope.READ, answers={200: Reactions}, refusals=(Code.NOT_FOUND,))
def index(request: HttpRequest, person: Person, slug: str, seq: int) -> HttpResponse:
    """Return each emoji on a message and the people who reacted. The list is empty for a deleted or missing message."""
    room = Room.seen_by(person, slug)
    return answers.success(Reactions(history.reactions(room, seq)))
