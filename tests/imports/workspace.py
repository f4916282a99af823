"""Exports of Slack: small ones that a test writes by hand, and generated ones of any size.

`python -m tests.imports.workspace slack.zip --messages 200000` writes one. The same numbers give the same export.
"""

import argparse
import json
import random
import zipfile
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2019, 1, 7, 8, tzinfo=UTC)
USERS, CHANNELS, GROUPS, DIRECT = 60, 25, 8, 40
WORDS = """
    the deploy of api went fine today but one test fails in staging and we should look at the log before lunch
    can someone review my change please it only moves the parser into its own module thanks a lot see you tomorrow
""".split()  # noqa: SIM905
SHAPES = (
    "{}",
    "{}",
    "{}",
    "*{}* {}",
    "<@{user}> {}",
    "{} <https://a.example/{n}?a=1&amp;b=2|the page>",
    "{} :tada:",
    "```if a &lt; b:\n    {}```",
    "&gt; {}\n{}",
    "`{n}` {} – naïve Übung",
)
NOTES = ("channel_join", "channel_leave", "channel_topic", "pinned_item")


def write(path, documents):
    """Write documents, by their names, into a zip file. Bytes are written as they are."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, document in documents:
            opened.writestr(name, document if isinstance(document, bytes) else json.dumps(document))
    return path


def user(slack_id, name, email="", **fields):
    return {"id": slack_id, "name": name.lower(), "profile": {"display_name": name, "email": email}, **fields}


def channel(slack_id, name=None, members=("U1", "U2"), **fields):
    named = {"name": name} if name else {}
    return {"id": slack_id, "created": 1546300800, "creator": members[0], "members": list(members), **named, **fields}


def said(author, at, text, **fields):
    """Return a message of `author` at some seconds after midnight of the first day of 2019."""
    return {"type": "message", "user": author, "ts": f"{1546300800 + at}.000100", "text": text, **fields}


def ts(at):
    return f"{1546300800 + at}.000100"


# ---- Generated


def generated(messages, seed=1, days=250, size=1):
    """Yield the documents of an export with this number of messages, notes of Slack not counted.

    `size` is that of the workspace: its people and conversations.
    """
    chance = random.Random(seed)
    users = [f"U{number:04}" for number in range(int(size * USERS))]
    yield "users.json", [_user(number, it) for number, it in enumerate(users)]
    lists = _conversations(chance, users, size)
    yield from ((f"{name}.json", its) for name, its in lists.items())
    all_rooms = [it for its in lists.values() for it in its]
    weights = [1 / (number + 2) for number in range(len(all_rooms))]
    left, day = messages, BEGIN
    threads = {it["id"]: [] for it in all_rooms}
    for number in range(days):
        share = left // (days - number)
        left -= share
        counts = {}
        for it in chance.choices(range(len(all_rooms)), weights, k=share):
            counts[it] = counts.get(it, 0) + 1
        for index, count in sorted(counts.items()):
            room = all_rooms[index]
            name = f"{room.get('name', room['id'])}/{day:%Y-%m-%d}.json"
            yield name, _day(chance, room, day, count, threads[room["id"]])
        day += timedelta(days=1)


def _user(number, slack_id):
    name = f"Person {number}" if number % 7 else f"person-{number}"
    deleted = {"deleted": True} if number % 11 == 10 else {}
    return user(slack_id, name, f"person-{number}@slack.invalid", is_bot=number % 20 == 19, **deleted)


def _conversations(chance, users, size):
    created = int(BEGIN.timestamp()) - 86400
    rooms = {"channels": [], "groups": [], "dms": [], "mpims": []}
    channels, groups = int(size * CHANNELS), int(size * GROUPS)
    for number in range(channels + groups):
        kind = "channels" if number < channels else "groups"
        members = sorted(chance.sample(users, chance.randrange(5, len(users))))
        one = channel(f"C{number:04}", f"topic-{number}", members, is_archived=number % 9 == 8)
        rooms[kind].append({**one, "created": created, "topic": {"value": f"About {number}"}})
    pairs = {tuple(sorted(chance.sample(users, chance.choice((2, 2, 2, 4))))) for _ in range(int(size * DIRECT))}
    for number, members in enumerate(sorted(pairs)):
        kind, name = ("dms", None) if len(members) == 2 else ("mpims", f"mpdm-{number}")
        rooms[kind].append({**channel(f"D{number:04}", name, members), "created": created})
    return rooms


def _day(chance, room, day, count, threads):
    seconds = sorted(chance.sample(range(12 * 3600), count))
    found = []
    for number, second in enumerate(seconds):
        at = f"{int(day.timestamp()) + second}.{chance.randrange(10**6):06}"
        author = chance.choice(room["members"])
        one = {"type": "message", "user": author, "ts": at, "text": _text(chance, room["members"], number)}
        draw = chance.random()
        if threads and draw < 0.25:
            one["thread_ts"] = chance.choice(threads[-5:])
        elif draw < 0.32:
            one["thread_ts"] = at
            threads.append(at)
        if draw > 0.9:
            reacted = chance.sample(room["members"], min(len(room["members"]), 3))
            one["reactions"] = [
                {"name": chance.choice(("+1", "tada", "eyes")), "users": reacted, "count": len(reacted)}
            ]
        elif draw > 0.86:
            one["edited"] = {"user": author, "ts": f"{int(at[:10]) + 60}.000000"}
        elif draw > 0.85:
            found.append(
                {"type": "message", "subtype": chance.choice(NOTES), "user": author, "ts": f"{at}"[:-1], "text": "x"}
            )
        elif draw > 0.845:
            one |= {"subtype": "bot_message", "bot_id": "B1", "username": "deploy"}
            del one["user"]
        found.append(one)
    return found


def _text(chance, members, number):
    words = [" ".join(chance.choices(WORDS, k=chance.randrange(2, 18))) for _ in range(2)]
    return chance.choice(SHAPES).format(*words, user=chance.choice(members), n=number)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    write(chosen.path, generated(chosen.messages, chosen.seed))
