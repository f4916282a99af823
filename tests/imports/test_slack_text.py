"""Slack's markup becomes Markdown that shows the same."""

import re

import pytest

from chat.text.markdown import render
from chat.text.slack import markdown
from chat.text.slack_message import mrkdwn_of
from tests.cases import each

PEOPLE = {"U1": "Ada Lovelace"}
CHANNELS = {"C1": "general"}

# What Slack stores, and the text of our message.
TEXTS = [
    ("plain, 2*3*4, snake_case_name, a~b~c", "plain, 2*3*4, snake_case_name, a~b~c"),
    ("*bold* _slanted_ ~struck~, *two words*.", "**bold** _slanted_ ~~struck~~, **two words**."),
    ("*not\nbold* * no * **both**", "*not\nbold* * no * **both**"),
    ("*bold with <https://a.example|a link>*", "**bold with [a link](https://a.example)**"),
    ("<@U1> <@U2> <@U3|bob>", "@Ada Lovelace @U2 @bob"),
    ("<#C1|old> <#C2|random> <#C3>", "#general #random #C3"),
    ("<!here> <!channel> <!subteam^S1|@crew> <!date^1^{date}|Monday>", "@here @channel @crew Monday"),
    ("<https://a.example/x_y_z*q*>", "https://a.example/x_y_z*q*"),
    ("<https://a.example|https://a.example> <mailto:a@b.example|a@b.example>", "https://a.example a@b.example"),
    ("<https://a.example/(1)?a=1&amp;b=2|one [1]>", r"[one \[1\]](https://a.example/%281%29?a=1&b=2)"),
    ("<javascript:alert(1)|here> <slack://x|app>", "here app"),
    ("a &amp;&amp; b &lt;c&gt; &amp;lt;", r"a && b <c> \&lt;"),
    ("# no heading\n#yes", "\\# no heading\n#yes"),
    ("&gt; said\n&gt;again", "> said\n> again"),
    ("before\n&gt;&gt;&gt; all\nof it", "before\n> all\n> of it"),
    ("`*x* &lt;b&gt; <https://a.example|a>` *b*", "`*x* <b> a` **b**"),
    ("see ```if *a* &lt; b:\n  <https://a.example>``` ok", "see \n```\nif *a* < b:\n  https://a.example\n```\n ok"),
    ("\0001\000 <@U1>", "1 @Ada Lovelace"),
]

# A message without a text, and what it says in Slack's markup.
MESSAGES = [
    ({"text": "hi", "blocks": [{"type": "header", "text": {"text": "shown instead"}}]}, "*shown instead*"),
    ({"text": "hi", "blocks": [{"type": "rich_text", "elements": []}]}, "hi"),
    ({"text": "hi", "blocks": [{"type": "image", "image_url": "https://a.example/b.png"}]}, "hi"),
    ({"text": "see <https://a.example>", "attachments": [{"from_url": "https://a.example", "title": "A"}]},
     "see <https://a.example>"),
    ({"attachments": [{"pretext": "Deploy", "title": "api", "title_link": "https://a.example", "text": "*done*",
                       "fields": [{"title": "Took", "value": "3 s"}], "fallback": "x"}]},
     "Deploy\n*<https://a.example|api>*\n*done*\n• *Took*: 3 s"),
    ({"text": "look", "attachments": [{"is_share": True, "from_url": "u", "author_name": "Ada", "text": "a\nb"}]},
     "look\n&gt; *Ada*\n&gt; a\n&gt; b"),
    ({"attachments": [{"fallback": "only this"}, "text", None]}, "only this"),
    ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "A & B"}}, {"type": "divider"},
                 {"type": "section", "text": {"type": "mrkdwn", "text": "*c*"}, "fields": [{"text": "d"}]},
                 {"type": "context", "elements": [{"text": "e"}, {"text": "f"}]}]}, "*A &amp; B*\n*c*\nd\ne f"),
    ({"blocks": [{"type": "rich_text", "elements": [
        {"type": "rich_text_section", "elements": [
            {"type": "text", "text": "1 < 2", "style": {"bold": True, "code": True}}, {"type": "emoji", "name": "tada"},
            {"type": "user", "user_id": "U1"}, {"type": "link", "url": "https://a.example", "text": "a"}]},
        {"type": "rich_text_list", "style": "ordered", "elements": [{"elements": [{"type": "text", "text": "one"}]}]},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "q"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x"}]}]}]},
     "*`1 &lt; 2`*:tada:<@U1><https://a.example|a>\n1. one\n&gt; q\n```x```"),
    ({"text": 7, "attachments": {"a": 1}, "blocks": [[], {"type": "section", "text": []}]}, ""),
]  # fmt: skip


@each("slack, ours", TEXTS)
def test_markup_is_converted(slack, ours):
    assert markdown(slack, PEOPLE, CHANNELS) == ours


@each("message, said", MESSAGES)
def test_attachments_and_blocks_are_text(message, said):
    assert mrkdwn_of(message) == said


def test_converted_text_shows_what_slack_shows():
    html = render(markdown("*a* &amp;lt; `<@U1>`\n# x\n```*y*```", PEOPLE))
    assert re.sub("<[^>]+>", "", html).split() == ["a", "&amp;lt;", "@Ada", "Lovelace", "#", "x", "*y*"]
    assert "<strong>a</strong>" in html


@pytest.mark.parametrize("text", ["<" * 50_000, "*" * 50_000, "`" * 50_000, "~a " * 20_000, "<a|" * 20_000])
def test_hostile_text_takes_linear_time(text):
    assert len(markdown(text)) <= 2 * len(text)
