"""The tests of this folder that need a database, on PostgreSQL."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.processes.servers import postgresql
from tests.site import ROOT

NEEDING_A_DATABASE = [f"tests/search/test_{name}.py" for name in ("finding", "index", "page", "previous_release")]


@pytest.mark.skipif(connection.vendor == "postgresql", reason="This is that run")
def test_searching_is_the_same_on_postgresql(tmp_path):
    with postgresql() as address:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            *NEEDING_A_DATABASE,
        ]
        environment = {**os.environ, "DATABASE_URL": address}
        for name in ("PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER_COUNT"):
            environment.pop(name, None)
        run = subprocess.run(
            [*command, f"--basetemp={tmp_path / 'again'}"], cwd=ROOT, env=environment, capture_output=True, text=True
        )
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout
