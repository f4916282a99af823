"""The rules of who sees the members of a room and single people, and how each is broken."""

from tests.mutations.mutation import Mutation

LISTS = "chat/member_list.py"
TESTS = ("tests/test_member_list.py",)

MEMBERS = [
    Mutation(
        "The members of a room are for people who may see it",
        "chat/api/members.py",
        "    room = Room.seen_by(person, slug)\n",
        "    room = Room.objects.get(slug=slug)\n",
        TESTS,
    ),
    Mutation(
        "Someone who left or is banned is no member",
        LISTS,
        "found = Membership.objects.current().filter(room=room)",
        "found = Membership.objects.filter(room=room)",
        TESTS,
    ),
    Mutation(
        "A person exists only for people who may see a room of theirs",
        LISTS,
        "Exists(Room.objects.open_to(viewer).filter(",
        "Exists(Room.objects.filter(",
        TESTS,
    ),
    Mutation(
        "A message that one may not read shows no author",
        LISTS,
        "wrote = Message.objects.readable_by(viewer).filter(",
        "wrote = Message.objects.filter(",
        TESTS,
    ),
    Mutation(
        "Rooms in common are those to which both belong",
        LISTS,
        "for it in (viewer, person)]",
        "for it in (person, person)]",
        TESTS,
    ),
    Mutation(
        "A block hides the presence of both people from each other",
        "chat/delivery/presence/partner_rows.py",
        "            partners.get(other, set()).discard(one)\n",
        "",
        ("tests/test_online.py",),
    ),
    Mutation(
        "People hear of each other in open conversations only",
        "chat/delivery/presence/partner_rows.py",
        "            if person_id in present[room_id]:\n",
        "            if True:\n",
        ("tests/test_online.py",),
    ),
    Mutation(
        "No one sees that someone is online by a conversation without messages",
        "chat/delivery/presence/partner_rows.py",
        "if seq > (closed_seq or 0):",
        "if seq >= (closed_seq or 0):",
        ("tests/test_online.py",),
    ),
    Mutation(
        "A person who has no connection any more is watched no more",
        "chat/delivery/presence/online.py",
        "            self._keep(person_id, NO_ONE)\n",
        "            pass\n",
        ("tests/test_online.py",),
    ),
    Mutation(
        "Searches for people are limited on the page too",
        "chat/views/direct.py",
        'elif request.GET.get("q") and (wait',
        "elif False and (wait",
        ("tests/test_direct_pages.py",),
    ),
    Mutation(
        "The messages of people whom one has blocked are folded",
        "chat/templatetags/fragments.py",
        "is_folded = author is not None and author.id in blocked",
        "is_folded = False",
        ("tests/test_direct_pages.py",),
    ),
    Mutation(
        "A page of someone who only reads a room reports nothing as read",
        "chat/static/chat/js/models/receipts.js",
        "this.#seen > this.#sent && this.#isMember();",
        "this.#seen > this.#sent;",
        ("tests/browser/test_javascript.py",),
    ),
]
