"""The rules of link previews, and how each is broken."""

from tests.mutations.mutation import Mutation

ACTIONS, ADDRESSES = "chat/actions/previews.py", "chat/previews/addresses.py"
FETCHING, FOLLOWER = "chat/previews/fetching.py", "chat/actions/followers/previews.py"
TASKS, PARTS = "chat/actions/tasks/previews.py", "chat/parts.py"
OF_PREVIEWS, OF_ADDRESSES = ("tests/previews/test_previews.py",), ("tests/previews/test_addresses.py",)
OF_FETCHING = ("tests/previews/test_fetching.py",)

PREVIEWS = [
    Mutation(
        "Only the first links of a message get a preview",
        ADDRESSES,
        "list(links)[:MAX_LINKS]",
        "list(links)",
        OF_ADDRESSES,
    ),
    Mutation(
        "A link with a user name gets no preview",
        ADDRESSES,
        '"@" in address.netloc\n        or not',
        "not",
        OF_ADDRESSES,
    ),
    Mutation(
        "A link to another port gets no preview",
        ADDRESSES,
        "(address.port or PORTS[address.scheme]) != PORTS[address.scheme]",
        "False",
        OF_ADDRESSES,
    ),
    Mutation(
        "A link to this site gets no preview",
        ADDRESSES,
        "if address.hostname == urlsplit(origin()).hostname:",
        "if False:",
        OF_ADDRESSES,
    ),
    Mutation(
        "A link to a file gets no preview",
        ADDRESSES,
        "if extension and extension[1].lower() not in _PAGES:",
        "if False:",
        OF_ADDRESSES,
    ),
    Mutation("A link with a secret gets no preview", ADDRESSES, "any(_looks_random(text)", "any(False", OF_ADDRESSES),
    Mutation("A link that does something gets no preview", ADDRESSES, "or words & _WORDS or", "or", OF_ADDRESSES),
    Mutation(
        "A link with a token in its fragment gets no preview",
        ADDRESSES,
        'has_token = "=" in address.fragment',
        "has_token = False",
        OF_ADDRESSES,
    ),
    Mutation(
        "With the setting public, only public rooms have previews",
        ACTIONS,
        "(mode == PUBLIC and visibility == Room.Visibility.PUBLIC)",
        "mode == PUBLIC",
        OF_PREVIEWS,
    ),
    Mutation(
        "A room that became private meanwhile gets no preview",
        ACTIONS,
        "if message is None or not are_wanted_in(message.room.visibility) or",
        "if message is None or",
        OF_PREVIEWS,
    ),
    Mutation(
        "A message that was deleted meanwhile gets no preview",
        ACTIONS,
        "filter(pk=message_id, deleted_at=None).first()",
        "filter(pk=message_id).first()",
        OF_PREVIEWS,
    ),
    Mutation(
        "A message gets one preview of a link, also if it was removed",
        ACTIONS,
        "return None if Preview.objects.filter(message=message, url=url).exists() else message",
        "return message",
        OF_PREVIEWS,
    ),
    Mutation(
        "A page is not read again for another message of the same week",
        ACTIONS,
        'return recent.order_by("-pk").first()',
        "return None",
        OF_PREVIEWS,
    ),
    Mutation(
        "A page is read again after a week",
        ACTIONS,
        ", created_at__gt=timezone.now() - CACHED_FOR)",
        ")",
        OF_PREVIEWS,
    ),
    Mutation(
        "A removed preview of one message is none of another",
        ACTIONS,
        "filter(url=url, hidden_at=None, created_at__gt",
        "filter(url=url, created_at__gt",
        OF_PREVIEWS,
    ),
    Mutation(
        "A preview that was removed stays removed when its link comes back",
        ACTIONS,
        "filter(message=message, hidden_at=None).exclude(url__in",
        "filter(message=message).exclude(url__in",
        OF_PREVIEWS,
    ),
    Mutation(
        "A removed preview keeps no texts", ACTIONS, "    remove_previews(shown)\n    hidden", "    hidden", OF_PREVIEWS
    ),
    Mutation(
        "A removed preview is not shown",
        PARTS,
        "Preview.objects.filter(**_OF_MESSAGES, hidden_at=None)",
        "Preview.objects.filter(**_OF_MESSAGES)",
        OF_PREVIEWS,
    ),
    Mutation(
        "Only someone who may delete a message removes its previews",
        "chat/actions/messages.py",
        """    if not batch.may_delete(person, room, message):
        detail = (
            "You can remove""",
        """    if False:
        detail = (
            "You can remove""",
        OF_PREVIEWS,
    ),
    Mutation(
        "Previews stand in the order of the links",
        PARTS,
        "return sorted(previews, key=lambda it: place.get(it.url, len(place)))",
        "return previews",
        OF_PREVIEWS,
    ),
    Mutation("Old messages get no preview", FOLLOWER, ", created_at__gt=since)", ")", OF_PREVIEWS),
    Mutation(
        "Only changes of the text get a preview",
        FOLLOWER,
        "Q(text_rev__gt=step.before[0], edited_at__gt=since)",
        "Q(rev__gt=step.before[0], edited_at__gt=since)",
        OF_PREVIEWS,
    ),
    Mutation("Waiting previews are limited", FOLLOWER, "return [] if is_busy else", "return", OF_PREVIEWS),
    Mutation(
        "A link of a longer queue waits for the turn of its host",
        TASKS,
        "return wait == 0",
        "return True",
        OF_PREVIEWS,
    ),
    Mutation("A host is asked once a second", FETCHING, "= at + INTERVAL_SECONDS", "= at", OF_FETCHING),
    Mutation(
        "A redirect waits for the turn of its host",
        FETCHING,
        "wait = turns.take(url, ends_at - time.monotonic())",
        "wait = 0.0",
        OF_FETCHING,
    ),
    Mutation("Redirects are limited", FETCHING, "MAX_REDIRECTS = 3", "MAX_REDIRECTS = 4", OF_FETCHING),
    Mutation("Only pages are read", FETCHING, '("text/html",)', '("text/html", "text/plain")', OF_FETCHING),
    Mutation(
        "A picture has a size",
        FETCHING,
        "PICTURE = RequestLimits(\n    MOST_BYTES,",
        "PICTURE = RequestLimits(\n    MOST_BYTES * 2,",
        OF_FETCHING,
    ),
]
