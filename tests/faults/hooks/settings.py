"""The site's settings with an unreliable channel layer, traps at the commit, and counted queries."""

import time
from datetime import UTC, datetime

from django.utils import timezone

from chatsite.settings import *  # noqa: F403
from chatsite.settings import CHANNEL_LAYERS, env
from tests.faults.hooks import counting, trap

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "tests.faults.hooks.layer.UnreliableLayer",
        "CONFIG": {
            "inner": CHANNEL_LAYERS["default"],
            "seed": env.str("FAULT_SEED"),
            "drop": env.float("FAULT_DROP", default=0.0),
            "double": env.float("FAULT_DOUBLE", default=0.0),
            "delay": env.float("FAULT_DELAY", default=0.0),
        },
    }
}
trap.set_at_commits()
if env.str("FAULT_CLOCK", default=""):
    timezone.now = lambda: datetime.fromtimestamp(time.time(), tz=UTC)
if queries := env.str("FAULT_COUNT", default=""):
    counting.count_into(queries)
