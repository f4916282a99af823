"""Refusals: every expected failure is a code, a sentence for a person and, where waiting helps, a delay."""

from enum import StrEnum

NO_SUCH_ROOM = "This room doesn’t exist, or you don’t have access."
NOT_IN_SCOPE = "This token may not be used for that."
NOT_IN_ROOM = "This token works in one room only."
BUSY = "The server is busy. Try again in a moment."
RESTARTING = "The server is restarting. Try again in a moment."


class Code(StrEnum):
    """The reason why a command was refused."""

    BAD_FRAME = "bad_frame"
    UNKNOWN_TYPE = "unknown_type"
    TOO_LONG = "too_long"
    EMPTY = "empty"
    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    ARCHIVED = "archived"
    MUTED = "muted"
    SIGNED_OUT = "signed_out"
    EXPIRED = "expired"
    TOO_LARGE = "too_large"
    QUOTA = "quota"


class Refused(Exception):
    """The base of all refusals.

    `retry_after` is in seconds, or None where waiting does not help. `field` is the field to change, if it is one.
    """

    def __init__(self, code: Code, detail: str, retry_after: float | None = None, *, field: str = ""):
        super().__init__(detail)
        self.code, self.detail, self.retry_after, self.field = code, detail, retry_after, field


class ActionError(Refused):
    """A refused action."""


def unavailable() -> ActionError:
    return ActionError(Code.UNAVAILABLE, "Couldn’t save. Nothing was lost; try again.", retry_after=1.0)
