"""The environment variables of the process, including those of the file `.env`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# The variables without those of `.env`. `manage.py serve` passes these on, so that later workers read `.env` anew.
AT_START = dict(os.environ)

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def number(name: str, default: float, kind: Callable[[str], Any] = int) -> Any:
    """Return the number in a variable. An invalid value stops the start with an error message."""
    value = env.str(name, default="")
    try:
        return kind(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}. It must be a number.") from error


def choice(name: str, allowed: tuple[str, ...]) -> str:
    """Return the word in a variable, by default the first one. Any other word stops the start with an error message."""
    value: str = env.str(name, default="") or allowed[0]
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}. It must be {', '.join(allowed[:-1])} or {allowed[-1]}.")
    return value
