"""`uvicorn benchmarks.revocation.counted:application`: the site, and a byte for each of its queries in the file that
`BENCHMARK_QUERIES` names."""

import os
from collections.abc import Callable
from typing import Any

from django.db.backends.signals import connection_created

from chatsite.asgi import application

__all__ = ["application"]

_file = os.open(os.environ["BENCHMARK_QUERIES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def _note(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
    os.write(_file, b".")
    return execute(sql, parameters, many, context)


def _watch(connection: Any, **_: Any) -> None:
    # A thread's connection keeps its wrappers when it is opened anew.
    if _note not in connection.execute_wrappers:
        connection.execute_wrappers.append(_note)


connection_created.connect(_watch, weak=False)
