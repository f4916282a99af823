"""Every kind of change to a room, by many people at once: at the end, each client holds the stored state."""

from tests.faults import traps
from tests.faults.registry import fault

EMOJI = ["👍", "🎉", "❤️"]


@fault(
    16,
    "Posts, edits, deletions and reactions by all at once, while the layer loses and lines break",
    environment=lambda deployment: traps.environment(deployment, drop=0.2, double=0.05, delay=0.2),
    baseline=False,
    quick="postgresql-uvicorn",
)
async def everything_happens(run):
    for step in range(8 * len(run.group.members)):
        member = run.rng.choice(run.group.members)
        mine = [row for row in member.log.rows() if row.author == member.person.id and not row.deleted]
        theirs = [row for row in member.log.rows() if row.author and not row.deleted]
        act(run.rng, member, mine, theirs, step)
        if step % len(run.group.members) == 0:
            run.group.hang_up(run.rng.choice(run.group.members))
            await run.quiet(0.5)
    run.mended()


def act(rng, member, mine, theirs, step):
    chosen = rng.choice(["edit", "delete", "react", "react"])
    if chosen == "edit" and mine:
        member.outbox.ask({"type": "edit", "seq": rng.choice(mine).seq, "body": f"edited {step}"})
    elif chosen == "delete" and mine:
        member.outbox.ask({"type": "delete", "seq": rng.choice(mine).seq})
    elif chosen == "react" and theirs:
        frame = {"type": "react", "emoji": rng.choice(EMOJI), "on": rng.random() < 0.8}
        member.outbox.ask({**frame, "seq": rng.choice(theirs).seq})
