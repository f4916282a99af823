"""Requests that hash a password: the list of their views, their queue, and their threads.

A hash takes a large part of a second of processor time. In the threads that render pages, sixty sign-ins would block
all pages. So these requests have threads of their own. They wait for one in the event loop, which occupies no thread
(`chatsite/server/django_handler.py`).
"""

import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from chat.rate_limits import limits

# The URL names of all views whose POST checks or makes a password hash.
VIEWS = frozenset(
    {
        "admin:auth_user_password_change",
        "admin:chat_person_add",
        "admin:login",
        "api_token",
        "claim",
        "delete_account",
        "email",
        "login",
        "password_change",
        "password_reset_confirm",
        "setup",
        "signup",
        "verify_email",
    }
)
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
# One core stays free for everything else. Each thread may hold one database connection of DATABASE_POOL_SIZE.
THREADS = max(1, min(CORES - 1, 2))
# Priority of the hashing threads, as in nice(1).
NICENESS = 15
# Requests that wait or run. The last one waits for about ten seconds.
QUEUE_LENGTH = 32
# One address cannot fill the whole queue.
QUEUE_LENGTH_PER_ADDRESS = QUEUE_LENGTH // 2
RETRY_SECONDS = 5.0
MAX_PASSWORD_LENGTH = 4096
TOO_MANY = "Too many people are signing in right now."


class HashingQueue:
    """A bound on the requests that wait or run, since the thread pool's queue has none. For the event loop only."""

    def __init__(self, length: int = QUEUE_LENGTH, per_address: int = QUEUE_LENGTH_PER_ADDRESS):
        self._length, self._per_address = length, per_address
        self._taken: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._taken.total()

    @contextmanager
    def slot(self, address: str) -> Iterator[bool]:
        """Hold a slot for a request from this address while it waits and runs. Yield whether there was one."""
        network = limits.network_of(address)
        if len(self) >= self._length or self._taken[network] >= self._per_address:
            yield False
            return
        self._taken[network] += 1
        try:
            yield True
        finally:
            self._taken[network] -= 1
            if not self._taken[network]:
                del self._taken[network]


def is_needed(request: HttpRequest) -> bool:
    """Return whether the view of this request may hash a password."""
    if request.method != "POST":
        return False
    try:
        return resolve(request.path_info).view_name in VIEWS
    except Resolver404:
        return False


class MaximumLengthValidator:
    """A validator that refuses a new password that is too long to sign in with."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > MAX_PASSWORD_LENGTH:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return f"Your password can have at most {MAX_PASSWORD_LENGTH:,} characters."


def _lower_priority() -> None:
    """Lower the priority of this thread on Linux, where each thread has its own, so that other work comes first.

    A service manager may forbid it, as the systemd units in `deploy` do.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class PasswordHasher(PBKDF2PasswordHasher):
    """Django's hasher, computed in a thread of low priority. The hashes are the same.

    Python releases its lock while it computes one.
    """

    _threads = ThreadPoolExecutor(THREADS, "hasher", initializer=_lower_priority)

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        return self._threads.submit(super().encode, password, salt, iterations).result()
