"""The durability settings that a real PostgreSQL reports."""

import psycopg
import pytest

from tests.fork_server import run_python
from tests.processes.servers import postgresql
from tests.site import Site


@pytest.fixture
def site(tmp_path):
    with postgresql() as url:
        yield Site(tmp_path, DATABASE_URL=url)


def manage(site, *arguments):
    return run_python(["manage.py", *arguments], site.environment)


def test_a_database_that_acknowledges_before_it_writes_is_refused(site):
    run = manage(site, "check", "--database", "default")
    assert run.returncode == 0
    assert "chat.W004" in run.stderr, "the server of these tests does not sync its files"
    assert "chat.E" not in run.stderr
    with psycopg.connect(site.environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("ALTER ROLE chat SET synchronous_commit = off")
    run = manage(site, "migrate")
    assert run.returncode != 0
    assert "chat.E004" in run.stderr
    assert manage(site, "check").returncode == 0, "without being asked for, the database is left alone"
