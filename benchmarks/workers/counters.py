"""The counters that the parts of the site keep themselves."""

import re
import urllib.request
from collections import Counter
from collections.abc import Iterable

import psycopg

from benchmarks.workers.backends import Valkey

_SAMPLE = re.compile(r"^(chat_\w+?)(?:\{[^}]*\})? ([-+.\de]+)$", re.MULTILINE)
_CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def of_workers(ports: Iterable[int], token: str) -> Counter[str]:
    """The site's metrics since its workers started, each added up over all workers and labels."""
    found: Counter[str] = Counter()
    for port in ports:
        for name, number in _SAMPLE.findall(_metrics(port, token)):
            found[name] += float(number)  # type: ignore[assignment]  # numbers of any kind can be counted
    return found


def _metrics(port: int, token: str) -> str:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {token}", "Accept": "text/plain"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


def database_connections(database_url: str) -> int:
    """Connections that the site holds to PostgreSQL; 0 with SQLite, which has none to count."""
    if not database_url.startswith("postgres"):
        return 0
    with psycopg.connect(database_url) as connection:
        [count] = connection.execute(_CONNECTIONS).fetchone() or (0,)
    return int(count)


def broadcasts(layer: Valkey | None) -> int:
    """Return the number of broadcasts given to the layer since its start."""
    statistics = layer.client.info("commandstats") if layer else {}
    return int(statistics.get("cmdstat_publish", {}).get("calls", 0))
