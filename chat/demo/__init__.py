"""A site full of people and talk, to look at and to measure with."""

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

# A domain that can never belong to anybody (RFC 2606): by it another run knows the people of the one before.
EMAIL_DOMAIN = "demo.invalid"
SMALLEST_SITE = 4


@dataclass(frozen=True)
class Demo:
    """What a site is to be filled with. `password` is everybody's; without one nobody can sign in."""

    messages: int = 2000
    people: int = 16
    rooms: int = 8
    seed: int = 1
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    people: list[Person]
    rooms: list[Room]


def fill(demo: Demo, *, until: datetime | None = None, told: Callable[[int], object] = lambda count: None) -> Filled:
    """Add people, rooms and months of talk up to `until` (now, if none is given). The same seed says the same things.

    Another run meets the people and rooms of the one before and adds to their talk. `told` hears of every few messages.
    """
    words = corpus.load()
    chance = random.Random(demo.seed)  # noqa: S311 (nothing secret)
    people = _people(words, max(demo.people, SMALLEST_SITE), demo.password)
    places = [
        (_room(topic, people[0]), Circle(topic, _regulars(people, chance)))
        for topic in itertools.islice(_topics(words), demo.rooms)
    ]
    talk = ConversationGenerator(
        words, [circle for _, circle in places], demo.messages, until or timezone.now(), demo.seed
    )
    for portion in talk.portions() if places else ():
        for (room, _), entries in zip(places, portion, strict=True):
            told(message_import.import_history(room, entries))
    for room, circle in places:
        _seat(room, circle, chance)
    return Filled(people, [room for room, _ in places])


def _people(words: Corpus, count: int, password: str | None) -> list[Person]:
    found: list[Person] = []
    candidates = _candidates(words)
    while len(found) < count:
        found += people_import.import_people(itertools.islice(candidates, count - len(found)), password)
    return found


def _candidates(words: Corpus) -> Iterator[tuple[str, str]]:
    """Names with addresses, without end: first names, then the same ones with a number."""
    for number in itertools.count(1):
        for place, name in enumerate(words.people, 1):
            yield (name if number == 1 else f"{name} {number}", f"person-{number}-{place}@{EMAIL_DOMAIN}")


def _topics(words: Corpus) -> Iterator[Topic]:
    """The rooms of the corpus, then the same ones with a number, without end."""
    yield from words.rooms
    for number in itertools.count(2):
        for it in words.rooms:
            yield Topic(f"{it.name} {number}", it.topic, it.visibility, it.threads)


def _room(topic: Topic, owner: Person) -> Room:
    address = rooms.slug_of(cleaning.clean_name(topic.name))
    mine = Q(slug__startswith=address, name=topic.name, created_by=owner)  # a private one's address has a random end
    there = Room.objects.filter(Q(slug=address) | mine).first()
    return there or rooms.create_room(owner, topic.name, topic=topic.topic, visibility=topic.visibility)


def _regulars(people: list[Person], chance: random.Random) -> list[Person]:
    """Most of the people of a small site, some of a large one, in the order of how much they talk."""
    return chance.sample(people, max(SMALLEST_SITE, min(len(people) * 3 // 4, 60)))


def _seat(room: Room, circle: Circle, chance: random.Random) -> None:
    """Give everybody their place: most have read everything, some are behind."""
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
