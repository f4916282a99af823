"""A site of its own for each test, and people who join it."""

import asyncio

import pytest

from tests.processes.client import Client
from tests.site import Site


@pytest.fixture
def new_site(tmp_path):
    """`new_site(REDIS_URL=…)`: a site with these variables."""
    sites = []

    def make(**environment):
        sites.append(Site(tmp_path, **environment))
        return sites[-1]

    yield make
    for site in sites:
        site.stop()


@pytest.fixture
def site(new_site):
    return new_site()


@pytest.fixture
async def connect_clients():
    """Clients that leave at the end."""
    clients = []

    async def join(site, port, *names):
        joined = [Client(site.guest(port, name)) for name in names]
        clients.extend(joined)
        await asyncio.gather(*(client.follow(port) for client in joined))
        return joined

    yield join
    await asyncio.gather(*(client.leave() for client in clients))
