"""The rules of invitations, of adding people, and of requests to join, and how each is broken."""

from tests.mutations.mutation import Mutation

LINKS = "chat/actions/invitations.py"
REQUESTS = "chat/actions/join_requests.py"
TESTS = ("tests/invitations/test_links.py",)
MEMBERS = ("tests/invitations/test_members.py",)

INVITATIONS = [
    Mutation(
        "An invitation admits no more people than it has uses",
        "chat/models/invitations.py",
        "return self.filter(has_uses, revoked_at=None, expires_at__gt=timezone.now())",
        "return self.filter(revoked_at=None, expires_at__gt=timezone.now())",
        ("tests/processes/test_invitations.py",),
    ),
    Mutation(
        "A link that this site did not sign is none",
        "chat/models/invitations.py",
        '_signer().unsign(code).split("-")',
        'code.partition(".")[0].split("-")',
        TESTS,
    ),
    Mutation(
        "A link belongs to one creation of its id",
        "chat/models/invitations.py",
        "return self.filter(pk=pk, created_at__gte=created_at, created_at__lt=created_at + timedelta(seconds=1))",
        "return self.filter(pk=pk)",
        TESTS,
    ),
    Mutation(
        "A link ends when its creator may no longer invite",
        LINKS,
        "return permissions.may_invite(room, creator, own) and _may_give(invitation.role, rank)",
        "return _may_give(invitation.role, rank)",
        TESTS,
    ),
    Mutation(
        "A link for moderators ends when its creator is no owner any more",
        LINKS,
        "return permissions.may_invite(room, creator, own) and _may_give(invitation.role, rank)",
        "return permissions.may_invite(room, creator, own)",
        TESTS,
    ),
    Mutation(
        "A link of a deactivated creator has ended",
        LINKS,
        "if creator is None or not creator.is_active:",
        "if creator is None:",
        TESTS,
    ),
    Mutation(
        "A link ends for those who have opened it when its creator may no longer invite",
        LINKS,
        "if not taken or not _is_backed(Invitation.objects.select_related",
        "if not taken or not True or not (Invitation.objects.select_related",
        TESTS,
    ),
    Mutation(
        "Newcomers who are in the room already use up the invitation",
        LINKS,
        "            if is_newcomer:\n",
        "            if False:\n",
        ("tests/accounts/test_sign_up_modes.py",),
    ),
    Mutation(
        "The list of invitations names no room that its creator has lost",
        LINKS,
        "models.Q(created_by=person) & seen\n",
        "models.Q(created_by=person)\n",
        TESTS,
    ),
    Mutation(
        "Moderators do not see the links that make moderators",
        LINKS,
        'models.Q(room__in=moderated.values("room"), role=Membership.Role.MEMBER)',
        'models.Q(room__in=moderated.values("room"))',
        TESTS,
    ),
    Mutation(
        "No one is admitted to an archived room",
        REQUESTS,
        "    if room.is_archived:\n",
        "    if False:\n",
        MEMBERS,
    ),
    Mutation(
        "An invitation admits no banned person",
        LINKS,
        "        if members.is_banned(membership):\n",
        "        if False:\n",
        TESTS,
    ),
    Mutation(
        "An invitation admits no guest to a private room",
        LINKS,
        "        if not permissions.may_enter(room, person):\n",
        "        if False:\n",
        TESTS,
    ),
    Mutation(
        "Guests of plain clients enter no private room",
        "chat/auth/permissions.py",
        "(settings.CHAT_GUESTS_IN_PRIVATE and not person.is_plain)",
        "settings.CHAT_GUESTS_IN_PRIVATE",
        TESTS,
    ),
    Mutation(
        "Guests do not invite",
        "chat/auth/permissions.py",
        "if access is None or room.is_direct or person.is_guest:",
        "if access is None or room.is_direct:",
        TESTS,
    ),
    Mutation(
        "Members of a private room invite only where it lets them",
        "chat/auth/permissions.py",
        "members_may = room.members_invite or room.visibility == Room.Visibility.PUBLIC",
        "members_may = True",
        TESTS,
    ),
    Mutation(
        "Only owners invite moderators",
        LINKS,
        "    return role == Membership.Role.MEMBER or rank >= Rank.OWNER\n",
        "    return True\n",
        TESTS,
    ),
    Mutation(
        "Moderators see the invitations of their own rooms only",
        LINKS,
        'models.Q(room__in=moderated.values("room"), role=Membership.Role.MEMBER)',
        "models.Q(room__isnull=False)",
        TESTS,
    ),
    Mutation(
        "The code of an invitation is not logged",
        "chat/telemetry/logs.py",
        "(/accounts/verify/|/invite/|/mail/stop/)",
        "(/accounts/verify/)",
        ("tests/test_request_log.py",),
    ),
    Mutation(
        "Someone who blocked a person is not added by them",
        "chat/actions/members.py",
        " or Block.objects.between(actor.pk, person.pk).exists()",
        "",
        MEMBERS,
    ),
    Mutation(
        "Only moderators decide a request to join",
        REQUESTS,
        "        if not permissions.actor_in(actor, room).moderates:\n",
        "        if False:\n",
        MEMBERS,
    ),
    Mutation(
        "Only rooms that take requests can be found by outsiders",
        REQUESTS,
        "joining=Room.Joining.ASK, archived_at=None",
        "archived_at=None",
        MEMBERS,
    ),
    Mutation(
        "A room that takes requests does not exist for a banned person",
        REQUESTS,
        "return asking.exclude(Exists(inside))",
        "return asking.exclude(Exists(own.filter(left_at=None, banned_at=None)))",
        MEMBERS,
    ),
]
