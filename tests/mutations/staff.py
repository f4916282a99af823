"""The rules about the admin, ranks and what a change by staff ends, and how each is broken."""

from tests.mutations.mutation import Mutation

LOOKUPS = "tests/admin/test_lookups.py"
RANK = "tests/moderation/test_rank.py"

STAFF = [
    Mutation(
        "The admin filters by what it offers only",
        "chat/admin/base.py",
        "return lookup in self._offered_lookups(cast(HttpRequest, request))",
        "return super().lookup_allowed(lookup, value, request)",
        (LOOKUPS,),
    ),
    Mutation(
        "The admin refers to rows by their primary key only",
        "chat/admin/base.py",
        "return to_field == self.opts.pk.attname",
        "return super().to_field_allowed(request, to_field)",
        (LOOKUPS,),
    ),
    Mutation(
        "Nobody edits what another wrote",
        "chat/actions/messages.py",
        '    if message.author_id != person.pk:\n        raise ActionError(Code.FORBIDDEN, "Only its author can edit',
        '    if not person.is_active:\n        raise ActionError(Code.FORBIDDEN, "Only its author can edit',
        (RANK,),
    ),
    Mutation(
        "Deleting in a room takes somebody above the author",
        "chat/actions/batch.py",
        "        return mine.may_impose_on(rights.standing(message.author, room))",
        "        return mine.moderates",
        (RANK,),
    ),
    Mutation(
        "Deleting and restoring elsewhere take somebody above the author",
        "chat/actions/removal.py",
        "    beyond = rights.not_below(actor, room, authors)\n",
        "    beyond: set[int] = set()\n",
        (RANK,),
    ),
    Mutation(
        "Nobody restores their own message while somebody stands above them",
        "chat/actions/removal.py",
        "        return actor.rank == Rank.SUPERUSER",
        "        return True",
        (RANK,),
    ),
]
