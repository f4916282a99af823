"""Requests that hash a password: which ones they are, the queue that they wait in, and the threads that compute.

A hash takes a good part of a second of processor time. In the threads that make pages, sixty sign-ins would stop all
pages. So these requests are made in threads of their own, and wait for one in the event loop, where waiting costs
nothing (`chatsite/server/django_handler.py`).
"""

import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from chat.rate_limits import limits

# Every view whose POST checks or makes a password hash, by its name among the URLs.
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
        "signup",
    }
)
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
# One core is left for everything else. Each thread may keep one database connection of DATABASE_POOL_SIZE.
THREADS = max(1, min(CORES - 1, 2))
# Of the threads that compute, as nice(1) has it.
NICENESS = 15
# Requests that wait or are being made. The last one waits for about ten seconds.
QUEUE_LENGTH = 32
# One address does not take all of them.
QUEUE_LENGTH_PER_ADDRESS = QUEUE_LENGTH // 2
RETRY_SECONDS = 5.0
MAX_PASSWORD_LENGTH = 4096
TOO_MANY = "Too many people are signing in right now."


class HashingQueue:
    """Counts who waits, in the event loop alone: the threads' own queue has no bound."""

    def __init__(self, places: int = QUEUE_LENGTH, per_address: int = QUEUE_LENGTH_PER_ADDRESS):
        self._places, self._per_address = places, per_address
        self._taken: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._taken.total()

    @contextmanager
    def place(self, address: str) -> Iterator[bool]:
        """Hold a place for a request from this address while it waits and is made, if there is one."""
        network = limits.network_of(address)
        if len(self) >= self._places or self._taken[network] >= self._per_address:
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
    """Whether the view of this request may hash a password."""
    if request.method != "POST":
        return False
    try:
        return resolve(request.path_info).view_name in VIEWS
    except Resolver404:
        return False


class MaximumLengthValidator:
    """Refuses a new password that would be too long to sign in with."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > MAX_PASSWORD_LENGTH:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return f"Your password can have at most {MAX_PASSWORD_LENGTH:,} characters."


def _yield_to_others() -> None:
    """Give this thread a low priority, where each thread has its own: whatever else waits for the core comes first."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class PasswordHasher(PBKDF2PasswordHasher):
    """Django's, and its hashes are Django's. Only the computing, during which Python's lock is released, moves to a
    thread of low priority."""

    _threads = ThreadPoolExecutor(THREADS, "hasher", initializer=_yield_to_others)

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        return self._threads.submit(super().encode, password, salt, iterations).result()
