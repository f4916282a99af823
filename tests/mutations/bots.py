"""Rules of bots, of the limits of tokens, and of incoming webhooks."""

from tests.mutations.mutation import Mutation

AUTHENTICATION = "chat/auth/authentication.py"
ACTIONS = "chat/actions/bots.py"
SCOPES, FRAMES = "tests/matrix/test_scopes.py", "tests/socket/test_scopes.py"
BOTS, INCOMING = "tests/bots/test_bots.py", "tests/bots/test_incoming.py"

BOT_RULES = [
    Mutation(
        "A token with scopes is refused where none is named",
        AUTHENTICATION,
        "return self.scopes is None or scope in self.scopes",
        "return self.scopes is None or scope is None or scope in self.scopes",
        (SCOPES,),
    ),
    Mutation(
        "A frame needs the scope that it names",
        "chat/consumers/commands.py",
        "    if not connection.credential.allows(command.scope):\n",
        "    if False:\n",
        (FRAMES,),
    ),
    Mutation(
        "A token of one room opens no socket to another",
        AUTHENTICATION,
        "return self.room_id is None or self.room_id == room_id",
        "return True",
        (FRAMES,),
    ),
    Mutation(
        "A token of one room finds no other over HTTP",
        AUTHENTICATION,
        "        if not Room.objects.filter(pk=credential.room_id, slug=slug).exists():\n",
        "        if False:\n",
        (SCOPES,),
    ),
    Mutation(
        "The socket of a token of one room is told of no other",
        "chat/delivery/open_rooms.py",
        "            if connection.credential.room_id is None:\n",
        "            if True:\n",
        (FRAMES,),
    ),
    Mutation(
        "A token of one room reads no file of another",
        "chat/files/access.py",
        "        credential.room_id is None\n        or Message",
        "        True\n        or Message",
        (SCOPES,),
    ),
    Mutation(
        "A token ends when it expires",
        "chat/models/tokens.py",
        "return self.filter(expires, revoked_at=None, person__is_active=True)",
        "return self.filter(revoked_at=None, person__is_active=True)",
        (SCOPES,),
    ),
    Mutation(
        "A bot never signs in",
        AUTHENTICATION,
        "return not user.is_bot and (",
        "return (",
        (BOTS,),
    ),
    Mutation(
        "Bots end with the account of their owner",
        ACTIONS,
        "    for bot in person.bots.filter(is_active=True):\n        close(bot)\n\n\ndef disown",
        "\n\ndef disown",
        (BOTS,),
    ),
    Mutation(
        "Only its owner gives a bot tokens",
        ACTIONS,
        "owner.bots.filter(pk=bot_id, is_active=True)",
        "Person.objects.filter(pk=bot_id, is_bot=True, is_active=True)",
        (BOTS, INCOMING),
    ),
    Mutation(
        "Only moderators create, see and revoke the webhooks of a room",
        "chat/actions/webhooks.py",
        "if room.is_direct or not permissions.actor_in(actor, room).moderates:",
        "if room.is_direct:",
        (INCOMING,),
    ),
    Mutation(
        "Wrong secrets of webhooks are counted",
        "chat/api/webhooks.py",
        "login_throttle.check_token(request, digest, lambda: valid.filter(digest=digest).first())",
        "valid.filter(digest=digest).first()",
        (INCOMING,),
    ),
    Mutation(
        "The secret of a webhook is in no log",
        "chat/telemetry/logs.py",
        "|/api/+hooks/+)",
        ")",
        (INCOMING,),
    ),
    Mutation(
        "A retry of a webhook posts once",
        "chat/api/webhooks.py",
        'repeated.client_id("webhook", webhook.pk)',
        'type(repeated)().client_id("webhook", webhook.pk)',
        (INCOMING,),
    ),
]
