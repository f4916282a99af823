"""Rights revoked from a person in the room: they are disconnected, cannot return, and receive nothing more."""

import asyncio
import secrets

from tests.faults.registry import fault

TAKEN = {
    "membership_is_revoked": (
        "A membership of a private room is revoked",
        "DELETE FROM chat_membership WHERE person_id = {person} AND room_id = {room}",
        4403,
    ),
    "person_is_banned": (
        "A person is banned",
        "UPDATE chat_membership SET banned_at = CURRENT_TIMESTAMP WHERE person_id = {person} AND room_id = {room}",
        4403,
    ),
    "person_is_deactivated": (
        "A person is deactivated",
        "UPDATE chat_person SET is_active = FALSE WHERE id = {person}",
        4401,
    ),
    "person_is_signed_out": (
        "A person is signed out: the session ends",
        "DELETE FROM django_session WHERE person_id = {person}",
        4401,
    ),
    "token_is_revoked": (
        "A token is revoked",
        "UPDATE chat_token SET revoked_at = CURRENT_TIMESTAMP WHERE person_id = {person}",
        4401,
    ),
}

# The others differ in the statement only; tests/socket/test_admission.py has them all in one process.
QUICK = {"membership_is_revoked": "postgresql-uvicorn"}


def experiment(name, what, statement, code):
    async def taken(run):
        victim = await victim_in_a_private_room(run, by_session="session" in statement)
        [[room]] = run.database.ask(f"SELECT id FROM chat_room WHERE slug = '{run.room}'")
        started = asyncio.get_running_loop().time()
        # Directly in the database, so no worker is notified.
        await asyncio.to_thread(run.database.execute, statement.format(person=victim.person.id, room=room))
        await victim.until(lambda: victim.was_removed)
        run.note(disconnected_after=round(asyncio.get_running_loop().time() - started, 1))
        run.expect(victim.closes[-1] == code, f"closed with {victim.closes[-1]} instead of {code}")
        await stays_outside(run, victim)

    taken.__name__ = name
    fault(14, what, baseline=False, quick=QUICK.get(name))(taken)


async def victim_in_a_private_room(run, *, by_session):
    """Everyone becomes a member by posting. Then the room becomes private."""
    victim = await run.browser() if by_session else run.newcomer()
    if not by_session:
        victim.come()
    await victim.until(lambda: victim.is_in)
    posts = {member: member.outbox.post("here I am") for member in [*run.group.members, victim]}
    for member, post in posts.items():
        await member.until(lambda it=post: it.is_done)
    run.database.execute(f"UPDATE chat_room SET visibility = 'private' WHERE slug = '{run.room}'")
    return victim


async def stays_outside(run, victim):
    """Check that a person receives nothing more, over the old socket or a new one."""
    held = victim.log.rows()
    await run.group.write_once()
    again = run.newcomer(person=victim.person)
    again.come()
    await again.until(lambda: again.was_removed)
    run.expect(victim.log.rows() == held and not again.log.rows(), "something was delivered after the disconnection")
    await asyncio.gather(victim.leave(), again.leave())


for _name, (_what, _statement, _code) in TAKEN.items():
    experiment(_name, _what, _statement, _code)


# tests/socket/test_revocation.py replaces the key in one process.
@fault(14, "SECRET_KEY is rotated: sessions end, tokens go on", baseline=False, quick=None)
async def secret_is_rotated(run):
    browser = await run.browser()
    await run.restart_workers(SECRET_KEY=secrets.token_urlsafe(40))
    run.mended()
    await browser.until(lambda: browser.was_removed)
    run.expect(browser.closes[-1] == 4401, f"a session of the old key was closed with {browser.closes[-1]}")
    await browser.leave()
