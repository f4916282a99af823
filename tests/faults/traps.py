"""Set the traps of the workers from outside."""

import asyncio

from tests.faults.member_group import LOOK_SECONDS
from tests.site import PATIENCE_SECONDS

SETTINGS = "tests.faults.hooks.settings"


def environment(deployment, **chances):
    """Return the environment of a worker with the hooks. `chances` are those of the layer."""
    variables = {f"FAULT_{name.upper()}": str(chance) for name, chance in chances.items()}
    paths = {"FAULT_TRAP": str(_trap(deployment)), "FAULT_COUNT": str(queries(deployment))}
    return {"DJANGO_SETTINGS_MODULE": SETTINGS, "FAULT_SEED": "1", **paths, **variables}


async def spring(run, word):
    """Set the trap, and wait until a worker has fallen into it."""
    trap = _trap(run.deployment)
    draft = trap.with_suffix(".draft")
    draft.write_text(word)
    draft.rename(trap)  # whole or not there
    async with asyncio.timeout(PATIENCE_SECONDS):
        while trap.exists():
            await asyncio.sleep(LOOK_SECONDS)


def queries(deployment):
    """Return the file with a byte for each query of the workers."""
    return deployment.folder / "queries"


def _trap(deployment):
    return deployment.folder / "trap"
