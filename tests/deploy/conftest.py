"""A site in production, with https, behind each of the proxies."""

import pytest

from tests.deploy.proxies import HOST, PROXIES
from tests.site import Site


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    people = {"ALLOWED_HOSTS": HOST, "SITE_URL": f"https://{HOST}", "CHAT_GUESTS_PER_MINUTE": "1000"}
    site = Site(folder, HTTPS="on", TRUSTED_PROXIES="127.0.0.1", **people)
    yield site
    site.stop()


@pytest.fixture(params=PROXIES)
def behind(request, tmp_path):
    """Return `with behind(port, …) as proxy:`, which runs a proxy in front of these workers."""
    return lambda *workers: PROXIES[request.param](tmp_path, workers)
