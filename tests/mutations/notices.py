"""The rules of notices for people who are away, and how each is broken."""

from tests.mutations.mutation import Mutation

MISSED = "chat/missed.py"
CURSORS = "chat/actions/followers/cursors.py"
FOLLOWER = "chat/actions/followers/notices.py"
DECISIONS = "chat/actions/notices.py"
TESTS = ("tests/test_missed.py",)
NOTICES = ("tests/notices/test_follower.py", "tests/notices/test_decisions.py")

NOTICE_RULES = [
    Mutation(
        "Only messages that the person can read are missed",
        MISSED,
        "Message.objects.readable_by(_PERSON)",
        "Message.objects",
        TESTS,
    ),
    Mutation(
        "What was read on any device is not missed",
        MISSED,
        "start = max(place.after_seq, membership.read_seq)",
        "start = place.after_seq",
        TESTS,
    ),
    Mutation("Deleted messages are not missed", MISSED, "seq__lte=end, deleted_at=None)", "seq__lte=end)", TESTS),
    Mutation(
        "Messages of people whom the person has blocked are not missed",
        "chat/models/messages.py",
        "self.exclude(mine).exclude(models.Exists(blocked))",
        "self.exclude(mine)",
        TESTS,
    ),
    Mutation(
        "Nothing of a room whose notifications are off is missed",
        MISSED,
        "mine.annotate(level=_LEVEL).exclude(level=Level.NOTHING).select_related",
        "mine.annotate(level=_LEVEL).select_related",
        TESTS,
    ),
    Mutation(
        "Imported messages notify no one",
        "chat/models/messages.py",
        ' | models.Q(fingerprint="")',
        "",
        TESTS,
    ),
    Mutation(
        "Someone who is not active any more has missed nothing",
        MISSED,
        "    if not person.is_active or level == Level.NOTHING or not wanted:\n",
        "    if level == Level.NOTHING or not wanted:\n",
        TESTS,
    ),
    Mutation(
        "Of two processes, one moves a cursor",
        CURSORS,
        "rows = FollowerCursor.objects.filter(**place, rev=step.before[0])",
        "rows = FollowerCursor.objects.filter(**place)",
        NOTICES,
    ),
    Mutation(
        "A message that was edited while the follower was behind is still new",
        CURSORS,
        "while seq + 1 in seqs:",
        "while seq < max(seqs):",
        NOTICES,
    ),
    Mutation(
        "The cursor moves after the last page of people",
        FOLLOWER,
        "    if page.last is None:\n",
        "    if True:\n",
        NOTICES,
    ),
    Mutation(
        "No message is skipped while someone wants notices",
        FOLLOWER,
        "    cursors.skip(NAME, NOBODY)\n",
        "    cursors.skip(NAME)\n",
        NOTICES,
    ),
    Mutation(
        "A late edit makes no one due",
        FOLLOWER,
        'seq__in=seqs, edited_at__lte=F("created_at") + ALERTS_FOR)',
        "seq__in=seqs)",
        NOTICES,
    ),
    Mutation(
        "Emails go to verified addresses only",
        "chat/models/notifications.py",
        "verified = is_mail & models.Q(person__email_verified_at__isnull=False)",
        "verified = is_mail",
        NOTICES,
    ),
    Mutation("No message is told of twice", DECISIONS, "    notice_marks.move(channel", "    (channel", NOTICES),
    Mutation(
        "A channel that is due later sends nothing now",
        DECISIONS,
        ".filter(pk=channel_id, due_at__lte=now)",
        ".filter(pk=channel_id)",
        NOTICES,
    ),
    Mutation(
        "Someone who joins is not told of earlier messages",
        "chat/actions/joining.py",
        "    membership.mailed_seq = membership.pushed_seq = head\n",
        "",
        NOTICES,
    ),
    Mutation(
        "A channel that is turned on does not tell of earlier messages",
        "chat/actions/channels.py",
        "        notice_marks.begin(person.pk, kind)\n",
        "        pass\n",
        NOTICES,
    ),
    Mutation(
        "Quiet hours hold what is due",
        "chat/actions/due_times.py",
        "    if not is_quiet or start == end:\n",
        "    if True:\n",
        ("tests/notices/test_due_times.py",),
    ),
]
