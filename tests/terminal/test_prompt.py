"""People at the prompt: real processes at real pseudo-terminals, on a real site."""

import signal
import threading
import uuid

import pytest

from chat.protocol import MessageData, PersonData, ReactionData
from chat.terminal.style import fragments
from chat.transcript.transcript import Deleted, Edited, Joined, Left, Posted, Reacted
from tests.site import Site, free_port
from tests.terminal.emulator import Terminal
from tests.terminal.process import Computer

pytestmark = pytest.mark.xdist_group("prompt")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    site.shell(ROOMS)
    site.port = site.start()
    yield site
    site.stop()


ROOMS = """
from chat.actions.accounts import join_as_guest
from chat.actions.rooms import create_room
for name in ("Attic", "Attic2", "Barn", "Cellar", "Den", "Eaves", "Forge", "Garden", "Hall"):
    create_room(join_as_guest(f"owner of {name}"), name)
"""


@pytest.fixture
def terminal(tmp_path):
    """`terminal("ada", "hall")`: ada at a terminal of her own, in a room."""
    terminals = []

    def open_terminal(site, name, room, *arguments, **environment):
        address = f"http://127.0.0.1:{site.port}/rooms/{room}/"
        one = Terminal(tmp_path / name, address, "--name", name, *arguments, **environment)
        terminals.append(one)
        one.sees(f"{name}>")
        one.until(lambda: "here" in one.status)
        return one

    yield open_terminal
    for one in terminals:
        one.close()


def posts(site, room, name, lines, folder):
    """Post lines with the client in the background, as another person."""
    arguments = (f"http://127.0.0.1:{site.port}", "--room", room, "--name", name)
    thread = threading.Thread(target=Computer(folder / name).run, args=arguments, kwargs={"input": "\n".join(lines)})
    thread.start()
    return thread


def test_three_people_in_a_room(site, terminal, tmp_path):
    posts(site, "attic", "early", ["what was said before"], tmp_path).join()
    ada, bob = terminal(site, "ada", "attic"), terminal(site, "bob", "attic")
    ada.sees("early: what was said before")
    ada.sees("* bob joined")
    cyd = terminal(site, "cyd", "attic")
    cyd.until(lambda: cyd.status.startswith("Attic · ada and bob are here"))
    bob.type("hello")
    ada.until(lambda: "bob is typing…" in ada.status)
    bob.enter(" @ada")
    for one in (ada, bob, cyd):
        one.sees("2 bob: hello @ada")
    ada.until(lambda: "typing" not in ada.status)
    bob.type("and")
    ada.until(lambda: "bob is typing…" in ada.status)
    bob.type("\x03")
    ada.until(lambda: "typing" not in ada.status)
    ada.enter("/reply hello yourself")
    cyd.sees("           > bob: hello @ada")
    cyd.sees("3 ada: hello yourself")
    bob.enter("/edit hello @ada, my dear")
    cyd.sees("2 bob (edited): hello @ada, my dear")
    ada.enter("/delete")
    bob.sees("* ada's message of")
    cyd.enter("/me waves")
    ada.sees("4 * cyd waves")
    ada.enter("/react 👋")
    cyd.sees("* ada reacted 👋 to cyd: _waves_")
    cyd.enter("/quit")
    assert cyd.exit_code() == 0
    assert cyd.is_as_before
    ada.sees("* cyd left")
    ada.until(lambda: ada.status == "Attic · bob is here")
    ada.enter("/edit 2 in bob's name")
    ada.sees("You can only edit your own messages. Message 2 isn’t yours.")


def test_a_line_being_typed_stays_whole_while_two_hundred_messages_arrive(site, terminal, tmp_path):
    ada = terminal(site, "ida", "barn")
    posting = posts(site, "barn", "flood", [f"message {n}" for n in range(200)], tmp_path)
    words = [f"word{n} " for n in range(25)]
    for number, word in enumerate(words):
        ada.type(word)
        ada.until(lambda said=f"flood: message {8 * number}": any(said in line for line in ada.lines))
    posting.join()
    ada.sees("flood: message 199")
    whole = "ida>" + "".join(words).replace(" ", "")
    ada.until(lambda: "".join(ada.prompt.split()) == whole)
    said = [line.split("message ")[1] for line in ada.lines if "flood: message" in line]
    assert said == [str(number) for number in range(200)]
    ada.enter()
    ada.sees("201 ida: word0 word1")


def test_output_on_a_slow_terminal_keeps_the_screen_intact(site, tmp_path):
    """The terminal says where the cursor is when more has been printed already."""
    ada = Terminal(tmp_path, f"http://127.0.0.1:{site.port}/rooms/attic2/", "--name", "uma", answers_after=0.3)
    ada.until(lambda: "here" in ada.status)
    posts(site, "attic2", "slow", [f"message {n}" for n in range(20)], tmp_path).join()
    ada.sees("slow: message 19")
    ada.until(lambda: ada.status.startswith("Attic2"))
    assert not ada.has_scrolled
    ada.close()


def test_posts_survive_a_killed_and_restarted_server(terminal, tmp_path):
    """Both terminals show it, nothing is lost, doubled or out of order, and both show all of it."""
    site = Site(tmp_path)
    site.port = site.start()
    ada, bob = terminal(site, "ada", "lobby"), terminal(site, "bob", "lobby")
    lines = {one: [f"{name} {number}" for number in range(100)] for one, name in ((ada, "ada"), (bob, "bob"))}
    for one, said in lines.items():
        one.type("".join(f"{line}\r" for line in said))
    ada.until(lambda: sum("ada: ada" in line for line in ada.lines) > 5)
    site.kill(site.port)
    for one in lines:
        one.until(lambda it=one: "offline (" in it.status)
        one.sees("more")  # of what waits to be sent
    site.start(port=site.port)
    for one in lines:
        one.enter()  # tries again at once
        one.until(lambda it=one: "here" in it.status)
        for said in lines.values():
            one.until(lambda it=one, last=said[-1]: any(line.endswith(last) for line in it.lines))
    bodies = [body for *_, body in site.stored()]
    for said in lines.values():
        assert [body for body in bodies if body in said] == said
        for one in lines:
            assert [line.split(": ")[1] for line in one.lines if f": {said[0][:4]}" in line] == said
    site.stop()


def test_unsent_text_is_given_back_on_leaving(terminal, tmp_path):
    site = Site(tmp_path)
    site.port = site.start()
    ada = terminal(site, "ada", "lobby")
    site.kill(site.port)
    ada.until(lambda: "offline" in ada.status)
    ada.enter("never sent")
    ada.sees("… never sent")
    ada.enter("/quit")
    ada.sees("! Some messages haven’t been sent.")
    ada.until(lambda: ada.prompt.startswith("ada> /quit"))
    ada.enter()
    assert ada.exit_code() == 0
    ada.sees("Not sent: never sent")
    assert ada.is_as_before


def test_refused_message_is_put_back_into_the_prompt(site, terminal):
    ada = terminal(site, "ana", "cellar")
    ada.type("\x1b[200~" + "x" * 8001 + "\x1b[201~\r")
    ada.until(lambda: any("! Not sent:" in line for line in ada.lines))
    ada.until(lambda: ada.shown[-2].endswith("xxxx"))


def test_going_to_another_room_and_back(site, terminal, tmp_path):
    ada, bob = terminal(site, "ann", "den", "--bell"), terminal(site, "ben", "eaves")
    assert b"\a" not in ada.bytes
    posts(site, "lobby", "cat", ["meow"], tmp_path).join()
    ada.until(lambda: "lobby" in ada.status)  # from now on, she hears of new messages
    posts(site, "lobby", "cat", ["meow again"], tmp_path).join()
    ada.until(lambda: b"\a" in ada.bytes)
    ada.enter("/rooms")
    ada.sees("lobby  Lobby")
    assert "eaves" not in "".join(ada.lines)
    ada.enter("/browse")
    ada.sees("eaves")
    ada.enter("/join nowhere")
    ada.sees("! There is no room nowhere")
    ada.type("\x03")
    ada.enter("/join Eaves")
    bob.sees("* ann joined")
    ada.until(lambda: ada.status.startswith("Eaves · ben is here"))
    bob.enter("welcome")
    ada.sees("ben: welcome")
    ada.enter("/who")
    ada.sees("2 here: ann (guest), ben (guest)")
    bob.enter("@ann, a question")
    ada.sees("2 ben: @ann, a question")
    ada.enter("/activity")
    ada.sees("eaves 2 ben: @ann, a question")
    ada.enter("/star")
    ada.sees("Eaves is starred.")
    ada.enter("/leave")
    ada.sees("You left Eaves. You can still read it.")
    ada.enter("/star off")
    ada.sees("Eaves is no longer starred.")
    ada.enter("/dm nobody")
    ada.sees("! No one called nobody.")
    ada.type("\x03")
    ada.enter("/dm @ben psst")
    ada.until(lambda: ada.status.startswith("ben · "))
    ada.sees("1 ann: psst")
    bob.until(lambda: "ann 1 (@1)" in bob.status)
    bob.enter("/rooms")
    bob.sees("ann · 1 unread")
    ada.enter("/leave")
    ada.sees("! You can’t leave a direct conversation. You can close it.")
    ada.type("\x03")
    ada.enter("/close")
    ada.sees("Closed. It comes back with its next message.")


def test_help_completion_and_history(site, terminal):
    ada = terminal(site, "amy", "forge")
    ada.enter("/help")
    ada.sees("/reply [NUMBER] TEXT")
    ada.type("/re")
    ada.sees("reply to message NUMBER")
    ada.type("\x03/join ga")
    ada.sees("garden")
    ada.type("\t")
    ada.until(lambda: ada.prompt.startswith("amy> /join garden"))
    ada.type("\x03")
    ada.enter("posted once")
    ada.sees("1 amy: posted once")
    ada.type("/edit \t")
    ada.until(lambda: any(line.split() == ["1", "amy:", "posted", "once"] for line in ada.shown))
    ada.type("\x03")
    ada.until(lambda: ada.prompt == "amy>")
    ada.type("\x1b[A")
    ada.until(lambda: ada.prompt == "amy> posted once")
    ada.type("\x03")
    ada.enter("/nonsense")
    ada.sees("! /nonsense did not run.")
    ada.type("\x03")
    ada.enter("//nonsense")
    ada.sees("amy: /nonsense")


def test_joined_emoji_and_wide_letters_leave_the_prompt_whole(site, terminal):
    ada = terminal(site, "ivy", "garden")
    for text, shown in [("👨\u200d👩\u200d👧 x", "👨👩👧 x"), ("❤\ufe0f👍🏽🇩🇪 港口 e\u0301", "❤👍DE 港口 é")]:
        ada.type(text)
        ada.until(lambda it=shown: ada.prompt == f"ivy> {it}")
        ada.type("\x03")
        ada.until(lambda: ada.prompt == "ivy>")
    ada.type("a👨\u200d👩\u200d👧❤\ufe0f\x7f\x7f\x1b[D\x1b[Db\x1b[Cc")
    ada.until(lambda: ada.prompt == "ivy> ab👨c👩")
    ada.type("\x03")


def test_prompt_and_conversation_stay_whole_when_the_window_changes_its_width(site, terminal):
    ada = terminal(site, "pat", "garden", answers_after=0.1)
    said = "a message of some length " * 3
    ada.enter(said)
    ada.sees(f"pat: {said.strip()}")
    words = [f"word{number}" for number in range(30)]
    whole = "".join(["pat>", *words])
    ada.type(" ".join(words))
    ada.until(lambda: "".join(ada.prompt.split()) == whole)
    ada.until(lambda: "no one else here" in ada.status)  # those of other tests have left
    for columns in (60, 130, 100):
        ada.resize(columns)
        ada.until(lambda: "".join(ada.prompt.split()) == whole)
    ada.until(lambda: not ada.must_answer)
    ada.until(lambda: sum("pat>" in line for line in ada.shown) == 1 and f"pat: {said.strip()}" in "".join(ada.shown))
    ada.type("\x03")
    ada.until(lambda: ada.prompt == "pat>")


def test_next_start_keeps_the_identity_and_the_input_history(site, tmp_path):
    for number in range(2):
        one = Terminal(
            tmp_path, f"http://127.0.0.1:{site.port}", "--room", "garden", *(["--name", "eve"] if not number else [])
        )
        one.sees("eve>")
        one.until(lambda it=one: "here" in it.status)
        if number:
            one.type("\x1b[A")
            one.until(lambda it=one: it.prompt == "eve> a secret")
        else:
            one.enter("a secret")
            one.sees("eve: a secret")
        one.type("\x03\x04")
        assert one.exit_code() == 0
        one.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}


@pytest.mark.parametrize(("environment", "has_colour"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_names_have_fixed_colours_unless_no_color_is_set(site, terminal, environment, has_colour):
    name = "kim" if has_colour else "kit"
    one = terminal(site, name, "hall", **environment)
    one.enter("first")
    one.sees(f"{name}: first")
    one.enter("second")
    one.sees(f"{name}: second")
    colours = {one.colour_of(f"{name}: first"), one.colour_of(f"{name}: second")}
    assert len(colours) == 1
    assert (colours != {"default"}) is has_colour


def test_invalid_utf8_typed_at_the_prompt_is_sent_with_replacement_characters(site, terminal):
    ada = terminal(site, "eda", "hall")
    ada.type(b"caf\xe9 latin\r")
    ada.sees("eda: caf? latin")


def test_without_history_changes_in_it_are_not_shown(site, terminal, tmp_path):
    bob = terminal(site, "bea", "garden")
    bob.enter("long ago")
    bob.sees("bea: long ago")
    ada = terminal(site, "zoe", "garden", "--history", "0")
    bob.enter("/edit very long ago")
    bob.sees("(edited): very long ago")
    bob.enter("just now")
    ada.sees("bea: just now")
    assert not any("long ago" in line for line in ada.lines)


def test_text_of_others_cannot_control_the_terminal(site, terminal):
    ada = terminal(site, "una", "hall")
    body = "before\x1b]0;pwned\x07\x1b[2J\x9b2J\u202eafter\u2066\x00\r\n99:99    1 ada: forged"
    site.post_many(site.port, "hall", [body.replace("\x00", "")])
    ada.sees("99:99    1 ada: forged")
    assert not any(line.startswith("99:99") for line in ada.shown)
    ada.sees("before]0;pwned[2J2Jafter")
    for sequence in ("\x1b]0;", "\x1b[2J", "\x07", "\x9b", "\u202e", "\u2066"):
        assert sequence.encode() not in ada.bytes


HOSTILE = "\x1b[2J\x9b\u202e\u2067\ufeff\x07\r\u2028\ud800"


def test_texts_of_a_hostile_site_are_cleaned_before_printing():
    """The real site cleans what it stores; this client does not count on it."""
    ada = PersonData(1, f"ada{HOSTILE}", False)
    message = MessageData(
        1, 1, 1, uuid.uuid4(), ada, f"hi{HOSTILE}", "", "2026-01-02T03:04:05.678Z", None, False, 1,
        [ReactionData(f"+{HOSTILE}", [1])],
    )  # fmt: skip
    happenings = [
        Posted(message, message),
        Edited(message),
        Deleted(message),
        Reacted(message, ada.name, f"+{HOSTILE}"),
        Joined([ada.name]),
        Left([ada.name]),
    ]
    for happening in happenings:
        text = "".join(fragment[1] for fragment in fragments(happening, ada.name))
        assert not set(HOSTILE) - set("[2J") & set(text)


def test_a_site_that_does_not_answer_is_reported(tmp_path):
    one = Terminal(tmp_path, f"http://127.0.0.1:{free_port()}", "--name", "ada")
    assert one.exit_code() == 3
    one.sees("Start the server with `make run`")
    assert b"Traceback" not in one.bytes
    one.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_the_terminal_as_it_was(site, terminal, number):
    one = terminal(site, f"sig{number}", "hall")
    one.process.send_signal(number)
    one.exit_code()
    assert one.is_as_before
    assert b"Traceback" not in one.bytes
