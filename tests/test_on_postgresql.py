"""The tests whose statements are others on PostgreSQL, or which it may refuse."""

import os

import psycopg
import pytest
from django.db import connection

from tests.fork_server import run_python
from tests.processes.servers import postgresql

DIFFERENT = (
    "jobs/test_queue.py",
    "search/test_finding.py",
    "search/test_page.py::test_an_invalid_page_position_breaks_nothing",
    "search/test_page.py::test_invalid_query_strings_of_the_search_page_are_answered",
    "search/test_page.py::test_any_query_string_gets_a_search_page",
    "search/test_previous_release.py",
)
OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--reuse-db")


@pytest.mark.skipif(connection.vendor == "postgresql", reason="This is that run")
def test_search_and_the_queue_of_tasks_are_the_same_on_postgresql(tmp_path):
    with postgresql() as address:
        with psycopg.connect(f"{address.rpartition('/')[0]}/template1", autocommit=True) as copying:
            copying.execute("CREATE DATABASE test_postgres TEMPLATE postgres")  # which has its tables already
        environment = {**os.environ, "DATABASE_URL": address}
        for name in ("PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER_COUNT"):
            environment.pop(name, None)
        tests = [f"tests/{name}" for name in DIFFERENT]
        run = run_python(
            ["-m", "pytest", *OPTIONS, f"--basetemp={tmp_path / 'again'}", *tests], environment, seconds=None
        )
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout
