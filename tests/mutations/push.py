"""The rules of outgoing requests and push notifications, and a mutation that breaks each."""

from tests.mutations.mutation import Mutation

OUTBOUND = "tests/push/test_outbound.py"
SENDING = "tests/push/test_sending.py"
SUBSCRIPTIONS = "tests/push/test_subscriptions.py"

PUSH = [
    Mutation(
        "Requests to addresses that people give go to public addresses only",
        "chat/outbound.py",
        "            if not _may_reach(ipaddress.ip_address(",
        "            if False and not _may_reach(ipaddress.ip_address(",
        (OUTBOUND,),
    ),
    Mutation(
        "Requests to addresses that people give go to the usual port only",
        "chat/outbound.py",
        "(parts.port or PORTS[parts.scheme]) == PORTS[parts.scheme]",
        "True",
        (OUTBOUND,),
    ),
    Mutation(
        "Requests to addresses that people give verify certificates",
        "chat/outbound.py",
        '            conn.cert_reqs = "CERT_REQUIRED"\n',
        '            conn.cert_reqs = "CERT_NONE"\n',
        (OUTBOUND,),
    ),
    Mutation(
        "An answer is not read beyond its limit",
        "chat/outbound.py",
        "        if (size := size + len(piece)) > limits.most_bytes:\n",
        "        if (size := size + len(piece)) < 0:\n",
        (OUTBOUND,),
    ),
    Mutation(
        "A compressed answer is not decoded",
        "chat/outbound.py",
        '    if response.headers.get("Content-Encoding", "identity").lower() != "identity":\n',
        "    if False:\n",
        (OUTBOUND,),
    ),
    Mutation(
        "The error of an outgoing request has no URL",
        "chat/outbound.py",
        '        raise NoAnswer(f"The request failed: {type(error).__name__}.") from None\n',
        '        raise NoAnswer(f"The request failed: {error}.") from error\n',
        (OUTBOUND,),
    ),
    Mutation(
        "A push goes only to browsers in which the person is signed in",
        "chat/actions/tasks/push.py",
        "    if subscription.endpoint_digest in authentication.subscribed_sessions(subscription.person):\n",
        "    if subscription.endpoint_digest:\n",
        (SUBSCRIPTIONS,),
    ),
    Mutation(
        "A session with an old password gets no pushes",
        "chat/auth/authentication.py",
        "person.is_active and _has_password_of(person, it))",
        "person.is_active)",
        (SUBSCRIPTIONS,),
    ),
    Mutation(
        "Signing out removes the push subscription",
        "chat/actions/credentials.py",
        "        for person in people:\n            push_subscriptions.remove_ended(person)\n",
        "",
        (SUBSCRIPTIONS,),
    ),
    Mutation(
        "A program cannot subscribe to pushes",
        "chat/api/push.py",
        "    if has_token(request):\n",
        "    if False:\n",
        (SUBSCRIPTIONS,),
    ),
    Mutation(
        "A person removes only their own push subscriptions",
        "chat/actions/push_subscriptions.py",
        "    person.push_subscriptions.filter(endpoint_digest=digest).delete()\n",
        "    PushSubscription.objects.filter(endpoint_digest=digest).delete()\n",
        (SUBSCRIPTIONS,),
    ),
    Mutation(
        "A subscription that the push service does not know is removed",
        "chat/actions/tasks/push.py",
        "GONE = (404, 410)\n",
        "GONE = ()\n",
        (SENDING,),
    ),
    Mutation(
        "A push shows no more of a message than the setting allows",
        "chat/push/payload.py",
        "    if settings.CHAT_PUSH_CONTENT == NAMES:\n",
        "    if False:\n",
        (SENDING,),
    ),
]
