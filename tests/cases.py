"""Tables of cases that one test runs."""

import copy
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model

from chat.auth import ownership
from chat.delivery.process.readiness import process_state
from chat.exports.streaming import Download
from chat.models import SessionKeyTransition
from chat.rate_limits import limits

FAILURES = (Exception, pytest.fail.Exception)


def clear_process_caches() -> None:
    SessionKeyTransition.has_ended = True
    limits.reset()
    ownership.forget()
    Download.forget_all()
    process_state.draining = False


def each(names: str | Sequence[str], cases: Iterable[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run a test for each of the cases, and name those that fail.

    Use it like `pytest.mark.parametrize`. It makes one test, whose fixtures are made once: a test with a database costs
    20 ms before it begins, any other 5 ms, and each worker collects all of them. After each case, the database is
    rolled back and the caches of the process are cleared. A case must not change anything else that the next one finds.
    """
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    table = [dict(zip(names, case if len(names) > 1 else [case], strict=True)) for case in cases]
    assert table, "There is nothing to test."

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            with _failures() as failures:
                for case in table:
                    with _one_case(case, failures), _rolled_back():
                        test(**_copied(fixtures), **case)

        @functools.wraps(test)
        async def run_async(**fixtures: Any) -> None:
            with _failures() as failures:
                for case in table:
                    with _one_case(case, failures):
                        await test(**fixtures, **case)

        wrapper: Any = run_async if inspect.iscoroutinefunction(test) else run
        signature = inspect.signature(test)
        fixtures = [it for it in signature.parameters.values() if it.name not in names]
        wrapper.__signature__ = signature.replace(parameters=fixtures)
        return wrapper  # type: ignore[no-any-return]

    return decorate


def _copied(fixtures: dict[str, Any]) -> dict[str, Any]:
    """Copy the objects of rows, so that no case finds attributes that another one has set."""
    return {name: copy.copy(value) if isinstance(value, Model) else value for name, value in fixtures.items()}


@contextmanager
def _failures() -> Iterator[list[BaseException]]:
    failures: list[BaseException] = []
    yield failures
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise BaseExceptionGroup("Several cases fail", failures)


@contextmanager
def _one_case(case: dict[str, Any], failures: list[BaseException]) -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        error.add_note(f"The case: {', '.join(f'{name}={value!r}' for name, value in case.items())}")
        failures.append(error)
    finally:
        clear_process_caches()


@contextmanager
def _rolled_back() -> Iterator[None]:
    if not connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
