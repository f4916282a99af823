"""Loading the page: the browser requests every module before it has read the first."""

from tests.browser.conftest import write

PLAIN = "[...document.querySelectorAll('script[src]:not([type=module])')].map(script => script.src)"
LINKS = "[...document.querySelectorAll('link[rel=modulepreload]')].map(link => link.href)"


def test_modules_that_a_room_page_needs_are_those_it_names(visit):
    ada = visit("Ada", "about:blank", is_new=True)
    loaded = []
    ada.on("response", lambda response: loaded.append(response.url) if response.url.endswith(".js") else None)
    ada.goto("/rooms/lobby/")
    write(ada, "all there")
    ada.locator("article", has_text="all there").wait_for()
    named = ada.evaluate(LINKS)
    assert sorted(named) == sorted(set(loaded) - set(ada.evaluate(PLAIN)))
    assert len(named) == 3


def test_installed_it_opens_with_its_own_icons(visit):
    ada = visit("Ada", "/")
    manifest = ada.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then(answer => answer.json())")
    for icon in manifest["icons"]:
        answer = ada.request.get(icon["src"])
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, icon["type"])
    errors = ada.context.new_cdp_session(ada).send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []
