"""Static files of a production server: a browser loads each once, under a name with a hash of its content."""

import re

from tests.browser.conftest import write

HASHED = re.compile(r"/static/.+\.[0-9a-f]{12}\.\w+$")
# The bytes that came over the network for a file; 0 when it was held already.
SIZE = "url => performance.getEntriesByName(url)[0]?.transferSize"


def test_a_room_page_loads_its_files_by_names_that_change_with_their_contents_and_none_again(visit):
    ada = visit("Ada", "/", is_new=True)
    loaded = []
    ada.on("response", lambda response: loaded.append(response) if "/static/" in response.url else None)
    ada.goto("/rooms/lobby/")
    write(ada, "from hashed modules")
    ada.locator("article", has_text="from hashed modules").wait_for()
    names = [response.url.split("?")[0] for response in loaded]
    modules = [response for response in loaded if response.url.endswith(".js")]
    assert sorted(response.url.rpartition("/")[2].split(".")[0] for response in modules) == [
        "begin",
        "library",
        "main",
        "room",
    ]
    assert [name for name in names if not HASHED.search(name)] == []
    assert {response.status for response in loaded} == {200}
    for response in modules:
        headers = response.all_headers()
        # But for what would not get smaller.
        assert headers.get("content-encoding") == "br" or int(headers["content-length"]) < 256
        assert "immutable" in headers["cache-control"]
    # The next pages ask for no file again.
    asked = []
    ada.on("requestfinished", lambda request: asked.append(request) if "/static/" in request.url else None)
    ada.goto("/")
    ada.goto("/rooms/lobby/")
    write(ada, "the second time")
    ada.locator("article", has_text="the second time").wait_for()
    again = [request.url for request in asked if not request.url.endswith(("page.css", ".svg"))]
    assert [url for url in again if ada.evaluate(SIZE, url)] == []
