"""Demo data: people, rooms and conversations, to try out and to measure a site."""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from chat.actions import rooms
from chat.actions.imports import messages as message_import
from chat.actions.imports import people as people_import
from chat.demo import corpus
from chat.demo.conversation import Circle, ConversationGenerator
from chat.demo.corpus import Corpus, Topic
from chat.models import Person, Room, RoomHead
from chat.text import cleaning

# A reserved domain (RFC 2606) that marks demo accounts, so that the next run finds them.
EMAIL_DOMAIN = "demo.invalid"
SMALLEST_SITE = 4


@dataclass(frozen=True)
class Demo:
    """The size of the demo data. All people get `password`; without one they cannot sign in."""

    messages: int = 2000
    people: int = 16
    rooms: int = 8
    seed: int = 1
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    people: list[Person]
    rooms: list[Room]


def fill(
    demo: Demo, *, until: datetime | None = None, progress: Callable[[int], object] = lambda count: None
) -> Filled:
    """Add people, rooms and months of messages up to `until` (default: now). The same seed creates the same data.

    Another run reuses the people and rooms and adds messages. `progress` is called with the number of messages added.
    """
    words = corpus.load()
    chance = random.Random(demo.seed)  # noqa: S311 (nothing secret)
    people = _people(words, max(demo.people, SMALLEST_SITE), demo.password)
    targets = [
        (_room(topic, people[0]), Circle(topic, _regulars(people, chance)))
        for topic in itertools.islice(_topics(words), demo.rooms)
    ]
    talk = ConversationGenerator(
        words, [circle for _, circle in targets], demo.messages, until or timezone.now(), demo.seed
    )
    for portion in talk.portions() if targets else ():
        for (room, _), entries in zip(targets, portion, strict=True):
            progress(message_import.import_history(room, entries))
    for room, circle in targets:
        _add_members(room, circle, chance)
    return Filled(people, [room for room, _ in targets])


def _people(words: Corpus, count: int, password: str | None) -> list[Person]:
    found: list[Person] = []
    candidates = _candidates(words)
    while len(found) < count:
        found += people_import.import_people(itertools.islice(candidates, count - len(found)), password)
    return found


def _candidates(words: Corpus) -> Iterator[tuple[str, str]]:
    """Yield pairs of a name and an address without end: first names, then first names with a number."""
    for number in itertools.count(1):
        for index, name in enumerate(words.people, 1):
            yield (name if number == 1 else f"{name} {number}", f"person-{number}-{index}@{EMAIL_DOMAIN}")


def _topics(words: Corpus) -> Iterator[Topic]:
    """Yield the rooms of the corpus, then the same rooms with a number, without end."""
    yield from words.rooms
    for number in itertools.count(2):
        for it in words.rooms:
            yield Topic(f"{it.name} {number}", it.topic, it.visibility, it.threads)


def _room(topic: Topic, owner: Person) -> Room:
    address = rooms.slug_of(cleaning.clean_name(topic.name))
    mine = Q(slug__startswith=address, name=topic.name, created_by=owner)  # the slug of a private room has a random end
    there = Room.objects.filter(Q(slug=address) | mine).first()
    return there or rooms.create_room(owner, topic.name, topic=topic.topic, visibility=topic.visibility)


def _regulars(people: list[Person], chance: random.Random) -> list[Person]:
    """Choose most people of a small site, or some of a large one, in the order of how much they post."""
    return chance.sample(people, max(SMALLEST_SITE, min(len(people) * 3 // 4, 60)))


def _add_members(room: Room, circle: Circle, chance: random.Random) -> None:
    """Add the people to the room. Most have read everything, some are behind."""
    newest = RoomHead.objects.get(room=room).seq
    people_import.import_memberships(
        room,
        [
            people_import.MembershipImport(
                person, read_seq=max(0, newest - (0 if chance.random() < 0.6 else chance.randrange(1, 40)))
            )
            for person in circle.people
        ],
    )
