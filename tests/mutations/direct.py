"""The rules of direct conversations and blocks, and how each is broken."""

from tests.mutations.mutation import Mutation

ACTIONS = "chat/actions/direct.py"
BATCH = "chat/actions/batch.py"
DIRECT, BLOCKS = ("tests/test_direct.py",), ("tests/test_blocks.py",)
PEOPLE = ("tests/socket/test_people.py",)

DIRECT_ROOMS = [
    Mutation(
        "The same people have one conversation",
        "chat/direct_rooms.py",
        "sorted(set(people))",
        "dict.fromkeys(people)",
        DIRECT,
    ),
    Mutation(
        "Two who open it at once get the room of the first",
        ACTIONS,
        "        found = _existing(person, key)  # someone else has just opened it\n",
        "",
        DIRECT,
    ),
    Mutation(
        "A conversation is not listed for the others before its first message",
        ACTIONS,
        "closed_seq=None if it == person.pk else 0",
        "closed_seq=None",
        DIRECT,
    ),
    Mutation(
        "A conversation that one side has closed shows neither that the other is online",
        "chat/delivery/presence/partner_rows.py",
        "|= present[room_id] - {person_id}",
        "|= here - {person_id}",
        ("tests/test_online.py",),
    ),
    Mutation(
        "A message lists a closed conversation again in open pages",
        "chat/delivery/presence/unread.py",
        "            if traits.is_listed(seq) and not traits.is_listed(before):\n",
        "            if False:\n",
        DIRECT,
    ),
    Mutation(
        "A closed conversation counts nothing in open pages",
        "chat/delivery/presence/unread_state.py",
        "max(seq - position, 0) if is_listed else 0",
        "max(seq - position, 0)",
        DIRECT,
    ),
    Mutation(
        "A closed conversation counts nothing",
        "chat/activity.py",
        "filter(is_listed, person=person)",
        "filter(person=person)",
        DIRECT,
    ),
    Mutation(
        "A direct message counts as a mention",
        "chat/delivery/presence/unread_state.py",
        "unread if person.level_in(room) != Level.NOTHING else 0",
        "0",
        DIRECT,
    ),
    Mutation(
        "The site decides who opens conversations",
        ACTIONS,
        "    if not may_open(person):\n",
        "    if False:\n",
        DIRECT,
    ),
    Mutation(
        "No conversation is opened while an older worker runs",
        ACTIONS,
        "    check_generation(blocks.GENERATION)\n    found = set(",
        "    found = set(",
        DIRECT,
    ),
    Mutation(
        "Guests find and write to people who are in a room with them",
        "chat/member_list.py",
        "    if not viewer.is_guest:\n",
        "    if True:\n",
        DIRECT,
    ),
    Mutation(
        "No one writes to a person whose name anyone can take",
        ACTIONS,
        ".filter(pk__in=others, is_plain=False)",
        ".filter(pk__in=others)",
        DIRECT,
    ),
    Mutation(
        "First contacts are limited",
        ACTIONS,
        "is_first_contact=is_first_contact)",
        "is_first_contact=False)",
        DIRECT,
    ),
    Mutation(
        "New guests send no link before someone has answered",
        BATCH,
        "        if not (is_new and room.is_direct and (files or body.has_link)):\n",
        "        if True:\n",
        DIRECT,
    ),
    Mutation(
        "A conversation with a deleted account is read-only",
        ACTIONS,
        "if len(direct_rooms.ids_in(key)) <= 2]",
        "if False]",
        DIRECT,
    ),
    Mutation(
        "Neither of two writes to the other after a block",
        BATCH,
        "        if room.direct_key and direct_rooms.is_blocked(room.direct_key, self.blocks):\n",
        "        if False:\n",
        BLOCKS,
    ),
    Mutation(
        "Neither of two opens their conversation after a block",
        ACTIONS,
        "        blocks.check(person, everyone - {person.pk})\n",
        "        pass\n",
        BLOCKS,
    ),
    Mutation(
        "A blocked person mentions no one who has blocked them",
        "chat/actions/mention_rows.py",
        "        if (person_id, author_id) not in blocks\n",
        "",
        BLOCKS,
    ),
    Mutation(
        "No alert of a message by someone whom one has blocked",
        "chat/delivery/presence/alerts.py",
        "if it not in without and",
        "if it != author and",
        BLOCKS,
    ),
    Mutation(
        "A block is told only by someone whom the person can find",
        ACTIONS,
        "    if found is not None and len(everyone) == 2:\n",
        "    if found is None or len(everyone) == 2:\n",
        BLOCKS,
    ),
    Mutation(
        "After a block, neither of two sees who enters their conversation",
        "chat/delivery/service.py",
        "                if not connection.hides_others:\n",
        "                if True:\n",
        PEOPLE,
    ),
    Mutation(
        "After a block, neither of two is told who is in their conversation",
        "chat/delivery/service.py",
        "([you], 1) if connection.hides_others else self",
        "([you], 1) if False else self",
        PEOPLE,
    ),
    Mutation(
        "A block hides the other who is there already",
        "chat/delivery/access_check.py",
        "        if connection.hides_others != was_hiding:\n",
        "        if False:\n",
        PEOPLE,
    ),
]
