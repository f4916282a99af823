"""Joining JavaScript modules and style sheets for production. The browser tests run the joined files."""

import re

import pytest

from chat.rendering.joined_files import ENTRIES, LIBRARY, join_files

MAIN, ROOM, PROFILE, SECRET = ENTRIES
SOURCES = {
    MAIN: 'import { one } from "./helpers/one.js";\n\nglobalThis.main = one();\n',
    ROOM: 'import { Two } from "./controllers/two.js";\n\nglobalThis.room = new Two();\n',
    PROFILE: "globalThis.profile = 1;\n",
    SECRET: "globalThis.secret = 1;\n",
    "chat/js/helpers/one.js": "const name = 1;\n\nexport function one() {\n  return name;\n}\n",
    "chat/js/controllers/two.js": (
        'import { one as first } from "../helpers/one.js";\n\nconst name = 2;\n\nexport class Two {\n'
        "  sum = first() + name;\n  later() {\n"
        '    return import("./lazy.js");\n  }\n}\n\nexport const LIMIT = 3;\n'
    ),
    "chat/js/controllers/lazy.js": 'import { Two } from "./two.js";\nimport { own } from "./own.js";\n',
    "chat/js/controllers/own.js": "export const own = 1;\n",
    "chat/css/all.css": '/* All. */\n@import "a.css";\n@import "b.css";\n',
    "chat/css/a.css": ".a { color: red; }\n",
    "chat/css/b.css": ".b { color: blue; }\n",
    "chat/css/alone.css": ".c { color: green; }\n",
}


@pytest.fixture
def join(monkeypatch):
    """Join these sources, changed by name."""

    def join(changes=()):
        sources = {**SOURCES, **dict(changes)}
        monkeypatch.setattr(
            "chat.rendering.joined_files.modules_of",
            lambda *names: (
                list(names) + [it for it in sources if it.startswith(("chat/js/helpers", "chat/js/controllers/two"))]
            ),
        )
        return join_files(list(sources), sources.__getitem__)

    return join


def test_library_has_the_modules_that_the_pages_import(join):
    contents, parts = join()
    assert parts == {
        "chat/js/helpers/one.js": LIBRARY,
        "chat/js/controllers/two.js": LIBRARY,
        "chat/css/a.css": "chat/css/all.css",
        "chat/css/b.css": "chat/css/all.css",
    }
    assert contents[LIBRARY] == (
        "// chat/js/helpers/one.js\nconst m0 = (() => {\n"
        "const name = 1;\n\nfunction one() {\n  return name;\n}\nreturn { one };\n})();\n\n"
        "// chat/js/controllers/two.js\nconst m1 = (() => {\nconst { one: first } = m0;\n\nconst name = 2;\n\n"
        'class Two {\n  sum = first() + name;\n  later() {\n    return import("./controllers/lazy.js");\n  }\n}\n\n'
        "const LIMIT = 3;\nreturn { Two, LIMIT };\n})();\n\nglobalThis.chatLibrary = { m0, m1 };\n"
    )


def test_modules_that_stay_files_of_their_own_take_their_imports_from_the_library(join):
    contents, _ = join()
    assert contents[ROOM].startswith('import "./library.js";\nconst { Two } = chatLibrary.m1;')
    assert contents["chat/js/controllers/lazy.js"] == (
        'const { Two } = chatLibrary.m1;\nimport { own } from "./own.js";\n'
    )


def test_style_sheets_are_joined_in_the_order_of_their_imports(join):
    contents, _ = join()
    assert contents["chat/css/all.css"] == ".a { color: red; }\n\n.b { color: blue; }\n"
    assert "chat/css/alone.css" not in contents


@pytest.mark.parametrize("line", ["export default 1;", "export let changes = 1;", 'import all from "./own.js";'])
def test_module_that_cannot_be_joined_is_named(join, line):
    with pytest.raises(ValueError, match=rf"helpers/one\.js .*{re.escape(line)}"):
        join({"chat/js/helpers/one.js": f"{line}\n"})


def test_modules_that_import_each_other_are_named(join):
    with pytest.raises(ValueError, match=r"helpers/one\.js imports itself"):
        join({"chat/js/helpers/one.js": 'import { Two } from "../controllers/two.js";\nexport const one = 1;\n'})
