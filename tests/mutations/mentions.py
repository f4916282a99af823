"""The rules of mentions, and how each is broken."""

from tests.mutations.mutation import Mutation

ROWS = "chat/actions/mention_rows.py"
BATCH = "chat/actions/batch.py"
TESTS = ("tests/test_mention_rows.py",)

MENTIONS = [
    Mutation(
        "Only people who may read the room get mentions",
        ROWS,
        "if person_id != author_id and person_id in access and not",
        "if person_id != author_id and not",
        TESTS,
    ),
    Mutation(
        "People outside are only those whom the text names",
        BATCH,
        "found = people - mention_rows",
        "found = people & mention_rows",
        TESTS,
    ),
    Mutation(
        "Members do not learn of a ban by naming someone",
        BATCH,
        "and self._rank(person, room) < Rank.MODERATOR:",
        "and False:",
        TESTS,
    ),
    Mutation(
        "A member counts a mention of the room once",
        ROWS,
        "and not (mentioned.room and access[person_id].is_member)",
        "",
        TESTS,
    ),
    Mutation(
        "Only those who may write @room mention the room",
        BATCH,
        "return body.for_everyone if permissions.may_mention_room(room, self._rank(person, room)) else body",
        "return body.for_everyone",
        TESTS,
    ),
    Mutation(
        "The room is mentioned once in five minutes, also by edits",
        "chat/actions/messages.py",
        "    if body.mentions.room and None not in batch.mentions.of(message):\n",
        "    if False:\n",
        TESTS,
    ),
    Mutation(
        "Deleting the message does not get around the limit on @room",
        BATCH,
        "            room.head.room_mention_at = self.now\n",
        "            pass\n",
        TESTS,
    ),
    Mutation(
        "A deleted message mentions no one",
        "chat/actions/messages.py",
        "        batch.mentions.set(message, {})\n",
        "",
        TESTS,
    ),
    Mutation(
        "A late edit alerts no one",
        "chat/actions/messages.py",
        "silent=batch.now - message.created_at > ALERTS_FOR",
        "silent=False",
        TESTS,
    ),
    Mutation(
        "A restored message mentions only people who still have access",
        ROWS,
        "memberships = {(membership.person_id, room.pk): membership for membership in found}",
        "memberships = {(it, room.pk): Membership(person_id=it, room=room) for it in active}",
        TESTS,
    ),
    Mutation(
        "No link confirms that a private room exists",
        "chat/actions/rendered_body.py",
        "rooms = Room.objects.public().filter(slug__in=slugs) if slugs else ()",
        "rooms = Room.objects.filter(slug__in=slugs) if slugs else ()",
        TESTS,
    ),
    Mutation(
        "No one takes a name that means everyone",
        "chat/actions/accounts.py",
        "    if means_everyone(person.name):\n",
        "    if False:\n",
        ("tests/test_lookalikes.py",),
    ),
    Mutation(
        "A quote does not mention the room again",
        "chat/text/markdown_tokens.py",
        "            known = quoted if depth else named\n",
        "            known = named\n",
        TESTS,
    ),
    Mutation(
        "Imported messages mention only people who may read them",
        "chat/actions/imports/messages.py",
        "    memberships = {(membership.person_id, room.pk): membership for membership in found}\n",
        "    memberships = {(it, room.pk): Membership(person_id=it, room=room) for it in people}\n",
        TESTS,
    ),
    Mutation(
        "Marking as read does not tell of mentions below the floor",
        "chat/actions/activity.py",
        'Greatest(OuterRef("read_seq"), Coalesce(OuterRef("floor_seq"), 0))',
        'Greatest(OuterRef("read_seq"), 0)',
        ("tests/test_activity.py",),
    ),
]
