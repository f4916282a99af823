"""Generated conversations: plausible, day by day, and the same for the same seed."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chat.actions.imports.log import Entry
from chat.demo.corpus import SPEAKERS, Corpus, Thread, Topic, Utterance
from chat.models import Person

DAYS = 90
# A batch ends with the day on which it reaches one of these limits: few transactions, little memory.
PORTION_DAYS, PORTION_MESSAGES = 7, 20_000
# Relative number of messages on each day of the week from Monday on, and in each hour from 7 to 21.
WEEK = (10, 11, 10, 10, 8, 3, 2)
HOURS = range(7, 22)
HOUR_WEIGHTS = (2, 5, 9, 10, 9, 6, 7, 9, 10, 8, 6, 4, 3, 3, 2)
ASIDE_SHARE, REACTED_SHARE, EDITED_SHARE, DELETED_SHARE = 0.3, 0.12, 0.03, 0.01


@dataclass(frozen=True, slots=True)
class Circle:
    """The topic of a room and its people, the most talkative first."""

    topic: Topic
    people: Sequence[Person]


@dataclass(slots=True)
class _Said:
    """A message without its final position among those of its day."""

    author: Person
    body: str
    created_at: datetime
    answers: "_Said | None"


class ConversationGenerator:
    """Generates `messages` messages for some circles in the days up to `until`."""

    def __init__(self, corpus: Corpus, circles: Sequence[Circle], messages: int, until: datetime, seed: int):
        self._corpus, self._circles, self._messages, self._until = corpus, circles, messages, until
        self._random = random.Random(seed)  # noqa: S311 (nothing secret)
        self._popularity = list(itertools.accumulate(1 / (index + 2) for index in range(len(circles))))

    def portions(self) -> Iterator[list[list[Entry]]]:
        """Yield the messages of each circle in time order, some days at once. `reply_to` counts within such a batch."""
        today = self._until.replace(hour=0, minute=0, second=0, microsecond=0)
        days = [today - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
        share = list(itertools.accumulate(WEEK[day.weekday()] for day in days))
        generated = begun = 0
        said: list[list[_Said]] = [[] for _ in self._circles]
        for number, (day, weight) in enumerate(zip(days, share, strict=True), 1):
            while generated < self._messages * weight // share[-1]:
                [index] = self._random.choices(range(len(self._circles)), cum_weights=self._popularity)
                thread = self._thread(self._circles[index], self._start(day))[: self._messages - generated]
                said[index] += thread
                generated += len(thread)
            if number % PORTION_DAYS == 0 or number == DAYS or generated - begun >= PORTION_MESSAGES:
                yield [self._entries(circle, talk) for circle, talk in zip(self._circles, said, strict=True)]
                said, begun = [[] for _ in self._circles], generated

    def _start(self, day: datetime) -> datetime:
        [hour] = self._random.choices(HOURS, HOUR_WEIGHTS)
        start = day + timedelta(hours=hour, seconds=self._random.randrange(3600))
        return start if start < self._until else day + (self._until - day) * self._random.random()

    def _thread(self, circle: Circle, moment: datetime) -> list[_Said]:
        thread = self._random.choice(circle.topic.threads)
        speakers = self._speakers(circle, thread.speakers)
        words = self._words(thread, speakers)
        said: list[_Said] = []
        for line in thread.lines:
            said.append(self._say(line, speakers, words, moment, said))
            moment += timedelta(seconds=self._random.expovariate(1 / 90) + 4)
        if self._random.random() < ASIDE_SHARE:
            [listener] = self._speakers(circle, 1)
            said.append(_Said(listener, self._random.choice(self._corpus.asides), self._not_later(moment), None))
        return said

    def _say(
        self, line: Utterance, speakers: Sequence[Person], words: dict[str, str], moment: datetime, said: list[_Said]
    ) -> _Said:
        answered = said[-1] if line.answers and said else None
        return _Said(speakers[line.speaker], line.said(words), self._not_later(moment), answered)

    def _speakers(self, circle: Circle, count: int) -> list[Person]:
        """Choose different people if there are enough, the talkative ones more often."""
        chosen: list[Person] = []
        while len(chosen) < count:
            person = circle.people[int(len(circle.people) * self._random.random() ** 1.7)]
            if person not in chosen or len(chosen) >= len(circle.people):
                chosen.append(person)
        return chosen

    def _words(self, thread: Thread, speakers: Sequence[Person]) -> dict[str, str]:
        words = {word: self._random.choice(self._corpus.words[word]) for word in thread.words}
        return words | dict(zip(SPEAKERS, (person.name for person in speakers), strict=False))

    def _not_later(self, moment: datetime) -> datetime:
        return min(moment, self._until)

    def _entries(self, circle: Circle, said: list[_Said]) -> list[Entry]:
        said.sort(key=lambda it: it.created_at)
        indexes = {id(it): index for index, it in enumerate(said)}
        return [self._entry(circle, it, indexes[id(it.answers)] if it.answers else None) for it in said]

    def _entry(self, circle: Circle, said: _Said, reply_to: int | None) -> Entry:
        chance = self._random.random()
        edited = deleted = None
        reactions: list[tuple[Person, str]] = []
        if chance < EDITED_SHARE:
            edited = self._soon_after(said.created_at)
        elif (chance := chance - EDITED_SHARE) < DELETED_SHARE:
            deleted = self._soon_after(said.created_at)
        elif chance - DELETED_SHARE < REACTED_SHARE:
            reactions = self._reactions(circle)
        return Entry(said.author, said.body, said.created_at, reply_to, edited, deleted, reactions)

    def _soon_after(self, moment: datetime) -> datetime:
        return self._not_later(moment + timedelta(seconds=self._random.randrange(5, 600)))

    def _reactions(self, circle: Circle) -> list[tuple[Person, str]]:
        """Choose the reactions to a message: mostly one emoji from a few people, sometimes another one."""
        count = min(1 + int(self._random.expovariate(0.8)), 6, len(circle.people))
        first, second = self._random.choices(self._corpus.reactions, k=2)
        return [(person, first if self._random.random() < 0.8 else second) for person in self._speakers(circle, count)]
