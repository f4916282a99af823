"""A site in production, with https, behind each of the proxies."""

import pytest

from tests.deploy.proxies import HOST, PROXIES
from tests.site import Site

PASSWORD = "correct horse battery"


def site_at(folder):
    """Return a site that is served over https behind a proxy. No worker runs yet."""
    folder.mkdir()
    people = {"ALLOWED_HOSTS": HOST, "SITE_URL": f"https://{HOST}", "CHAT_GUESTS_PER_MINUTE": "1000"}
    files = {"FILES_STORAGE": str(folder.parent / "files"), "CHAT_FILES_ACCEL": "/protected-files/"}
    return Site(folder, HTTPS="on", TRUSTED_PROXIES="127.0.0.1", **people, **files)


@pytest.fixture
def site(tmp_path):
    site = site_at(tmp_path / "site")
    yield site
    site.stop()


@pytest.fixture(params=PROXIES)
def behind(request, tmp_path):
    """Return `with behind(port, …) as proxy:`, which runs a proxy in front of these workers."""
    return lambda *workers: PROXIES[request.param](tmp_path, workers)


@pytest.fixture(scope="module", params=PROXIES)
def proxy(request, tmp_path_factory):
    """A proxy in front of two workers, which tests share. `site` is their site, where ada has an account."""
    folder = tmp_path_factory.mktemp(request.param)
    site = site_at(folder / "site")
    site.shell(f"from chat.actions.accounts import sign_up; sign_up('ada', {PASSWORD!r})")
    workers = [site.start(), site.start()]
    with PROXIES[request.param](folder, workers) as proxy:
        proxy.site, proxy.workers = site, workers
        yield proxy
    site.stop()
