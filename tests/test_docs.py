"""The documents match the code: both have every frame, code, setting and command."""

import ast
import importlib
import json
import re
from pathlib import Path

import msgspec
from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.management import get_commands

from chat import protocol
from chat.api import urls
from chat.protocol import Close, Code
from chat.terminal.commands import Commands
from chat.terminal.exit_codes import Exit
from tests.cases import each
from tests.fork_server import run_python
from tests.site import Site
from tests.test_architecture import LAYERS

ROOT = Path(__file__).parent.parent
PROTOCOL = (ROOT / "docs/protocol.md").read_text()
API = "".join(
    (ROOT / f"docs/{name}.md").read_text() for name in ("api", "bots", "files", "link-previews", "moderation")
)
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
SETTINGS = (ROOT / "chatsite/settings.py").read_text()
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)\n```", PROTOCOL, re.DOTALL)]
COMMANDS = {str(command.__struct_config__.tag): command for command in protocol.COMMANDS}
FRAMES = {str(frame.__struct_config__.tag): frame for frame in protocol.FRAMES}
DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md")))
}
FOLDERS = r"(?:chat|chatsite|tests|docs|benchmarks|deploy|templates|\.ci)"
MAX_WORDS = 2500
# Names that Django looks for, which need no explanation.
EXPECTED_BY_DJANGO = {"__init__.py", "apps.py", "converters.py", "migrations", "routing.py", "urls.py"}
# `typing` is sent in both directions. Only the server's has a person.
SENT = [example for example in EXAMPLES if example["type"] in COMMANDS and "person" not in example]


def code_blocks(text):
    return re.findall(r"^```\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def table(heading):
    """The first column of the table below a heading."""
    section = PROTOCOL.split(heading, 1)[1].split("\n#", 1)[0]
    return [cell.strip("` ") for cell in re.findall(r"^\| *([^|]+?) *\|", section, re.MULTILINE)][2:]


def test_every_frame_has_one_example_and_every_example_is_a_frame():
    kinds = [example["type"] for example in EXAMPLES]
    assert sorted(kinds) == sorted([*COMMANDS, *FRAMES])


@each("example", SENT)
def test_server_accepts_the_documented_commands(example):
    command = protocol.parse(json.dumps(example))
    shown = set(example) - {"type"}
    assert shown <= set(command.__struct_fields__)
    assert set(command.__struct_fields__) - {"ref"} <= shown


def fields_of(value):
    """Return all names in a frame, at any depth."""
    if isinstance(value, dict):
        return {*value, *(name for inner in value.values() for name in fields_of(inner))}
    return {name for inner in value for name in fields_of(inner)} if isinstance(value, list) else set()


@each("example", [it for it in EXAMPLES if it not in SENT])
def test_documented_frames_have_the_fields_of_the_server(example):
    kind = FRAMES[example["type"]]
    encoded = json.loads(msgspec.json.decode(json.dumps(example), type=kind).encode())
    assert fields_of(encoded) == fields_of(example)
    assert set(kind.__struct_fields__) == set(example) - {"type"}


def test_a_message_in_the_document_has_the_fields_of_a_message():
    [changes] = [example for example in EXAMPLES if example["type"] == "changes"]
    [message] = changes["messages"]
    assert list(message) == list(protocol.MessageData.__struct_fields__)


def test_every_code_is_in_its_table():
    assert sorted(table("## Error codes")) == sorted(Code)
    closes = [value for name, value in vars(Close).items() if name.isupper()]
    assert sorted(map(int, table("## Close codes"))) == sorted(closes)


def test_every_request_of_the_api_is_in_its_page():
    named = set(re.findall(r"`([A-Z]+ [^\s`?]+)", API))
    for route in urls.urlpatterns[:-1]:
        path = re.sub(
            r"<\w+:(\w+)>",
            lambda name: f"<{name[1].removeprefix('person_').removeprefix('report_')}>",
            str(route.pattern),
        )
        for method in route.callback.handlers:
            shown = {f"{method} /api/{path}", f"{method} {path.removeprefix('rooms/<slug>/')}"}
            assert shown & named, f"{method} {path}"


def test_every_variable_is_in_the_example_and_the_other_way_round():
    read = set(re.findall(r'(?:env\.?\w*|number|choice)\(\s*"([A-Z_]+)"', SETTINGS)) | set(
        re.findall(r'"(SECRET_KEY|ALLOWED_HOSTS)"', SETTINGS)
    )
    listed = set(re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read == listed


def files_named_in(document, text):
    named = set(re.findall(rf"`({FOLDERS}/[\w./-]+)[` ]", text))
    named |= set(re.findall(rf"(?:^| )({FOLDERS}/[\w./-]*\w)(?=\s|$)", "\n".join(code_blocks(text)), re.MULTILINE))
    named |= {f"chat/{path}" for path in re.findall(r"`(static/chat/[\w./]+)`", text)}
    named |= {str(Path(document).parent / path) for path in re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", text)}
    return sorted(named)


def test_every_file_a_document_names_exists():
    named = {(name, path) for name, text in DOCUMENTS.items() for path in files_named_in(name, text)}
    assert [f"{name}: {path}" for name, path in sorted(named) if not (ROOT / path).exists()] == []


def walk(text, heading):
    """The files that one message passes, in order."""
    section = text.split(heading, 1)[1].split("\n## ", 1)[0]
    return re.findall(r"`(chat/[\w/]+\.(?:py|js))`", section)


def test_the_readme_and_the_architecture_name_the_same_files_for_a_message():
    files = walk(README, "## How it works")
    assert files == walk(ARCHITECTURE, "## Message flow")
    assert len(files) >= 10


def test_every_part_of_the_chat_is_in_the_readme():
    parts = {it.name for it in (ROOT / "chat").iterdir() if it.suffix == ".py" or (it / "__init__.py").exists()}
    named = set(re.findall(r"`chat/(\w+(?:\.py)?)/?`", README))
    assert parts - named - EXPECTED_BY_DJANGO == set()


def test_every_short_name_of_a_file_or_folder_is_one():
    for text in (README, ARCHITECTURE):
        for name in re.findall(r"`(\w+(?:\.py|\.js|/))`", text):
            assert [*ROOT.glob(name), *ROOT.glob(f"chat*/**/{name}")], name


def test_the_layers_of_the_architecture_are_those_that_are_checked():
    section = ARCHITECTURE.split("## Layers", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (\w+) \| (`.+?) \|", section, re.MULTILINE)
    assert [(layer, set(re.findall(r"`(\w+)`", parts))) for layer, parts in reversed(rows)] == LAYERS


def test_every_page_is_short():
    """Those that `make bench` and `make faults` write are as long as their tables."""
    pages = [page for page in DOCUMENTS if not page.startswith("docs/results/")]
    words = {page: len(DOCUMENTS[page].split()) for page in pages}
    assert {page: count for page, count in words.items() if count > MAX_WORDS} == {}


def anchors_of(path):
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_heading_a_document_points_to_is_one():
    links = [
        (name, path, anchor)
        for name, text in DOCUMENTS.items()
        for path, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", text)
    ]
    assert [
        f"{name}: {path}#{anchor}"
        for name, path, anchor in links
        if anchor not in anchors_of((ROOT / name).parent / path if path else ROOT / name)
    ] == []


def test_every_make_target_a_document_names_is_one():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (name, target)
        for name, text in DOCUMENTS.items()
        for target in re.findall(r"(?:^|`|&& )make ([a-z-]+)", text, re.MULTILINE)
    }
    assert [f"{name}: {target}" for name, target in sorted(named) if target not in targets] == []


def test_every_management_command_a_document_names_is_one():
    for document, text in DOCUMENTS.items():
        assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands()), document


@each("document", ["README.md", "docs/deploy.md", "docs/operations.md"])
def test_every_variable_a_document_names_is_one(document):
    text = (ROOT / document).read_text()
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})(?:=[^`]*)?`", text)) | set(
        re.findall(r"^([A-Z_]{3,})=", text, re.MULTILINE)
    )
    examples = (ROOT / ".env.example").read_text() + (ROOT / "deploy/compose.env.example").read_text()
    assert named - {"WEB_CONCURRENCY"} <= set(re.findall(r"^#? ?([A-Z_]+)=", examples, re.MULTILINE))


@each("document", ["docs/deploy.md", "docs/operations.md"])
def test_every_unit_a_document_names_is_shipped(document):
    named = set(re.findall(r"chatsite[@-]?[\w-]*\.(?:service|timer|target)", (ROOT / document).read_text()))
    assert named <= {path.name for path in (ROOT / "deploy/systemd").iterdir()}


def test_the_commands_of_the_readme_run(tmp_path):
    """Those that end by themselves; that `runserver` serves is seen by every test in a browser."""
    site = Site(tmp_path)
    commands = re.findall(r"^\.venv/bin/python manage\.py (.+)$", README, re.MULTILINE)
    assert len(commands) >= 5
    site.environment["DEBUG"] = "on"
    for command in commands:
        if not command.startswith(("runserver", "serve", "collectstatic")):
            run = run_python(["manage.py", *command.split()], site.environment)
            assert run.returncode == 0, run.stderr
    assert len(site.stored("lobby")) > 1


TERMINAL = (ROOT / "docs/terminal.md").read_text()


def first_column(text, form):
    return re.findall(rf"^\| {form} \|", text, re.MULTILINE)


def test_document_lists_every_slash_command():
    assert first_column(TERMINAL, r"`(/[^`]+)`") == [command.usage for command in Commands.by_name.values()]


def test_document_lists_every_exit_code():
    assert first_column(TERMINAL, r"(\d)") == [str(int(code)) for code in Exit]


def test_document_lists_every_option_and_variable_of_the_terminal():
    source = (ROOT / "chat/terminal/options.py").read_text()
    for name in {*re.findall(r'"(--[a-z-]+)"', source), *re.findall(r'_variable\("(\w+)"\)', source)}:
        assert f"`{name}" in TERMINAL, f"{name} is not documented"


@each("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_has_a_range_and_a_reason(name):
    reason = False
    for line in (ROOT / name).read_text().splitlines():
        if line.startswith("#"):
            reason = True
        elif line and not line.startswith("-r"):
            assert reason, f"{line} has no reason"
            assert re.search(r">=.*,<", line), f"{line} has no range"
        elif not line:
            reason = False


# ---- Cookies


def cookies_set(path):
    """The names in a module's own `set_cookie` and `set_signed_cookie`, as its constants have them."""
    calls = [it for it in ast.walk(ast.parse(path.read_text())) if isinstance(it, ast.Call)]
    named = [it.args[0].id for it in calls if getattr(it.func, "attr", "") in ("set_cookie", "set_signed_cookie")]
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return {getattr(importlib.import_module(module), name) for name in named}


def test_document_lists_every_cookie():
    modules = [path for folder in ("chat", "chatsite") for path in (ROOT / folder).rglob("*.py")]
    ours = set().union(*(cookies_set(path) for path in modules))
    assert ours
    theirs = {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, CookieStorage.cookie_name}
    section = (ROOT / "docs/privacy.md").read_text().split("### Cookies", 1)[1].split("\n#", 1)[0]
    assert sorted(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == sorted(ours | theirs)
