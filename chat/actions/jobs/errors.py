"""Exceptions by which a task decides about its retries, and why a job failed without one."""


class RetryLater(Exception):
    """The task is to run again after `seconds`, and this attempt counts."""

    def __init__(self, seconds: float, reason: str = "") -> None:
        super().__init__(reason or f"again in {seconds:.0f} s")
        self.seconds = seconds


class GiveUp(Exception):
    """No retry can help. The message is the reason, for the admin."""


class WorkerLost(Exception):
    """The worker ended while it ran the job, so it is not known whether the work was done."""
