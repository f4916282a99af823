"""The development server. Every other test in a browser uses uvicorn."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import write
from tests.site import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("runserver"), DEBUG="on")
    site.url = f"http://127.0.0.1:{site.start('runserver')}"
    yield site
    site.stop()


def test_a_message_is_posted_and_is_there_after_a_reload(visit):
    ada = visit("Ada", is_new=True)
    write(ada, "From the development server")
    expect(ada.get_by_role("article").last).to_have_attribute("data-seq", re.compile(r"\d"))
    ada.reload()
    expect(ada.get_by_role("article").last).to_contain_text("From the development server")
