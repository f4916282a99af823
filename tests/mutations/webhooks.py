"""The rules of outgoing webhooks and of the commands of bots."""

from tests.mutations.mutation import Mutation

DELIVERIES, FOLLOWER = "chat/actions/webhook_deliveries.py", "chat/actions/followers/webhooks.py"
WEBHOOKS, TASK, ANSWERS = (
    "chat/actions/outgoing_webhooks.py",
    "chat/actions/tasks/webhooks.py",
    "chat/actions/webhook_answers.py",
)
OUTGOING, COMMANDS, OUTBOUND = (
    ("tests/webhooks/test_outgoing.py",),
    ("tests/webhooks/test_commands.py",),
    ("tests/push/test_outbound.py",),
)

WEBHOOK_RULES = [
    Mutation(
        "A webhook is told nothing of a room that its bot has left",
        "chat/models/webhooks.py",
        "self.filter(Exists(members), disabled_at=None",
        "self.filter(disabled_at=None",
        (*OUTGOING, *COMMANDS),
    ),
    Mutation(
        "Bots do not answer each other unless they are named",
        FOLLOWER,
        "    if is_named or not (row.author.is_bot or hook.words):\n",
        "    if is_named or not hook.words:\n",
        OUTGOING,
    ),
    Mutation(
        "A webhook is not told of what its own bot writes",
        FOLLOWER,
        "    if row.author_id == hook.bot_id or ",
        "    if ",
        OUTGOING,
    ),
    Mutation(
        "A message that was deleted is told as deleted only",
        "chat/webhooks/payload.py",
        " or found[0].deleted != (delivery.event == WebhookEvent.DELETED)",
        "",
        OUTGOING,
    ),
    Mutation(
        "An event is signed with the secret of its webhook",
        "chat/webhooks/signing.py",
        "    digest = hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), signed, hashlib.sha256)\n",
        '    digest = hmac.digest(b"", signed, hashlib.sha256)\n',
        OUTGOING,
    ),
    Mutation(
        "A failing webhook rests",
        TASK,
        "    if not is_last and hook.rests_until and hook.rests_until > timezone.now():\n",
        "    if False:\n",
        OUTGOING,
    ),
    Mutation(
        "A webhook that failed for a day is switched off",
        DELIVERIES,
        "    if is_over and was_on:\n",
        "    if False:\n",
        OUTGOING,
    ),
    Mutation(
        "A receiver that is gone gets no more", TASK, "    elif answer.status == GONE:\n", "    elif False:\n", OUTGOING
    ),
    Mutation(
        "The owner of a bot sends messages only of rooms that they moderate",
        WEBHOOKS,
        "        if room.is_direct or not permissions.actor_in(owner, room).moderates:\n",
        "        if room.is_direct:\n",
        OUTGOING,
    ),
    Mutation("A command runs once for a client id", WEBHOOKS, "    if calls.exists():\n        return\n", "", COMMANDS),
    Mutation(
        "The private answer to a command goes to its caller",
        ANSWERS,
        '    if delivery.event == WebhookEvent.COMMAND and answer.response_type == "ephemeral":\n',
        "    if False:\n",
        COMMANDS,
    ),
    Mutation(
        "A command has one attempt",
        TASK,
        "is_last = context.attempt >= MAX_ATTEMPTS or delivery.event == WebhookEvent.COMMAND",
        "is_last = context.attempt >= MAX_ATTEMPTS",
        COMMANDS,
    ),
    Mutation(
        "Unusual addresses are in networks of the operator only",
        "chat/outbound.py",
        "    return is_public(address) and not _current.needs_network\n",
        "    return is_public(address)\n",
        OUTBOUND,
    ),
]
