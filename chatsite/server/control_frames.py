"""The limit for frames that are no whole message: pings, unasked-for pongs and parts of messages.

Commands are counted where they are carried out. A frame of this kind never gets there, so it is counted as it is read.
"""

from collections.abc import Callable

from django.conf import settings

# Takes one frame from the person's limit, and tells whether it was within it.
Take = Callable[[], bool]

# What a connection may send before the site knows the person: programs send a ping now and then, browsers none at all.
# Somebody who comes back again and again must not be able to send much before each refusal.
EARLY_FRAMES = 64

REASON = "Too many pings, pongs or parts of messages."


class FrameLimit:
    """Counts the frames of one connection: by itself at first, and by the person's limit once the site knows them."""

    def __init__(self) -> None:
        self._early = 0
        self._take: Take | None = None

    def take(self) -> bool:
        """Count a frame. False if it is one too many, and the connection has to be closed with 1008."""
        if self._take is not None:
            return self._take()
        self._early += 1
        return not settings.CHAT_FRAMES_PER_SECOND or self._early <= EARLY_FRAMES

    def count_by(self, take: Take) -> bool:
        """From now on let `take` decide, beginning with the frames that came before. False if these are too many."""
        self._take = take
        return all(take() for _ in range(self._early))
