"""The network of these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chat import outbound
from tests.push import network as networks


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, certificates: Path) -> Iterator[networks.Network]:
    """All names lead to a server of the test, whose certificate the site trusts."""
    outbound._adapter.cache_clear()
    outbound._tls_context().load_verify_locations(networks.certificate(certificates))
    yield from networks.opened(monkeypatch, certificates)
    for scheme in outbound.PORTS:
        outbound._adapter(scheme).close()
    outbound._adapter.cache_clear()
