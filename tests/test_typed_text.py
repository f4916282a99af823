"""Signs that people type and that Markdown would lose: they are shown as typed."""

import re
from html import unescape

from django.utils.html import strip_tags

from chat.text import markdown
from tests.cases import each


def shown(body):
    """Return the text that a reader sees."""
    return unescape(strip_tags(markdown.render(body))).strip()


def count(body, tag):
    return len(re.findall(f"<{tag}[ >]", markdown.render(body)))


@each(
    "body",
    [
        ">", "> ", "+", "-", "*", "1.", "7)", "#", "######", "***", "---", "___", "- - -", "```", "~~~", "```py",
        "````\n````", "[]()", "[](<>)", "[x]()", "&nbsp;", "&#8203;", "|", ">\n>", "-\n-", "-\n1.", "***\n---",
        "**", "~~~~", "# #",
    ],
)  # fmt: skip
def test_message_of_signs_is_shown_as_typed(body):
    assert shown(body) == body.strip()


@each("sign", [">", "-", "+", "1.", "#", "```", "[]()"])
def test_sign_below_a_text_is_shown_as_typed(sign):
    assert shown(f"hello\n{sign}") == f"hello\n{sign}"
    assert shown(f"hello\n\n{sign}") == f"hello\n{sign}"


@each("body", [">_<", ">:(", ">.>", ">>> import x", ">>", ">fast", "a\n>_<", "- a\n>_<"])
def test_a_quote_needs_a_space(body):
    assert count(body, "blockquote") == 0
    assert ">" in shown(body)


@each("body", ["> a", "> a\n>\n> b", ">\ta", "a\n> b", "- a\n  > b", "> - a", "> > a"])
def test_a_line_that_begins_with_the_sign_and_a_space_is_a_quote(body):
    assert count(body, "blockquote") >= 1
    assert ">" not in shown(body)


@each(
    ("body", "tag"),
    [("> question\nanswer", "blockquote"), ("> - a\nanswer", "blockquote"), ("- a\n  - b\nanswer", "ul")],
)
def test_the_line_below_a_quote_or_list_is_not_part_of_it(body, tag):
    html = markdown.render(body)
    assert html.endswith('<p dir="auto">answer</p>')
    assert html.index("answer") > html.rindex(f"</{tag}>")


def test_items_keep_their_sign():
    assert ' class="parenthesis"' in markdown.render("1) tea\n2) cake")
    assert " class=" not in markdown.render("1. tea\n2. cake")


def test_an_emoticon_ends_a_quote():
    assert markdown.render("> a\n>_<").endswith('<p dir="auto">&gt;_&lt;</p>')


@each(
    ("numbers", "values"),
    [
        ((2, 4), (2, 4)),
        ((1, 2, 3), (1, 2, 3)),
        ((1, 3, 4, 9), (1, 3, 4, 9)),
        ((5, 4, 3), (5, 4, 3)),
        ((0, 1), (0, 1)),
        ((3, 3, 4), (3, 3, 4)),
        ((1, 1, 1), (1, 2, 3)),
        ((2, 2), (2, 3)),
    ],
)
def test_items_keep_their_numbers(numbers, values):
    html = markdown.render("\n".join(f"{number}. item\n   - inner\n   - inner" for number in numbers))
    start = re.search(r'<ol(?: start="(\d+)")?', html)[1]
    expected = int(start) if start is not None else 1
    found = []
    for value in re.findall(r'<li(?: value="(\d+)")?>item', html):
        found.append(int(value) if value else expected)
        expected = found[-1] + 1
    assert tuple(found) == values


@each(
    "body",
    [
        "**注意：**正文", "正文**（注意）**正文", "**「重要」**です", "これは**重要。**次", "**강조(强调)**는",
        "~~錯（誤）~~字", "*あ、*b", "a**あ、**b",
    ],
)  # fmt: skip
def test_emphasis_next_to_text_without_spaces(body):
    html = markdown.render(body)
    assert re.search("<(em|strong|s)>", html)
    assert not re.search(r"[*~]", html)


@each("body", ["2 * 3 * 4", "a ** b ** c", "snake_case_name", "中_文_字", "5*"])
def test_other_stars_are_shown(body):
    assert shown(body) == body


@each("face", ["^_^", ">_<", ">_>", "-_-", ";_;", "=_=", "._.", "@_@", "*_*", "*-*", "*.*", r"¯\_(ツ)_/¯"])
def test_signs_of_faces_and_patterns_are_no_emphasis(face):
    for body in (f"a {face} b {face}", f"_so {face}", f"{face}{face}"):
        assert shown(body) == body
    assert count(f"_a_ {face} *b* {face} **_c_**", "em") == 3


@each("body", ["_a!_!", "_a_-_b_", '"_(a)_"'])
def test_emphasis_next_to_signs(body):
    assert count(body, "em") >= 1
    assert "_" not in shown(body)
    assert "*" not in shown(body)


@each(
    "body",
    [
        r"¯\_(ツ)_/¯", r"\\server\share", r"C:\_data\_x", r"C:\Users\ada\!old", r"\o/ \m/", r"\(^o^)/", r"(\_/)",
        r"\d+\.\w", r"\[a-z\]", r"a\\b", r"\\", r"\ ", r"\(x\) \[y\]", r"5 \- 3", r"\|", r"(\#)", r"\frac{1}{2}",
        "look\\", r"d:\*\x", r"¯\\_(ツ)_/¯", r"\^ \= \% \$",
    ],
)  # fmt: skip
def test_backslashes_are_shown(body):
    assert shown(body) == body.strip()


@each(
    ("body", "text"),
    [
        (r"\*not bold\*", "*not bold*"),
        (r"\_not slanted\_", "_not slanted_"),
        (r"snake\_case", "snake_case"),
        (r"\~\~not struck\~\~", "~~not struck~~"),
        (r"\`not code\`", "`not code`"),
        (r"\[not a link\](http://a.example)", "[not a link](http://a.example)"),
        (r"1\. not a list", "1. not a list"),
        (r"\- not a list", "- not a list"),
        (r"\> not a quote", "> not a quote"),
        (r"\# not a heading", "# not a heading"),
        ("a\n" + r"\- b", "a\n- b"),
        (r"\&copy;", "&copy;"),
        (r"\:tada:", ":tada:"),
        (r"\@ada", "@ada"),
        (r"http\://example.com", "http://example.com"),
        (r"\<http://a.example>", "<http://a.example>"),
        (r"\\*slanted*", "\\slanted"),
        (r"¯\\\_(ツ)_/¯", r"¯\_(ツ)_/¯"),
        ("a\\\nb", "a\nb"),
    ],
)
def test_a_backslash_keeps_a_sign_from_being_markup(body, text):
    assert shown(body) == text


# ---- Direction


def test_each_block_has_a_direction_of_its_own():
    html = markdown.render("hello\n\nשלום\n\n- שלום\n\n> שלום\n\n# שלום\n\n1. a")
    blocks = re.findall(r"<(p|ul|ol|blockquote|h3)( dir=\"auto\")?>", html)
    assert [tag for tag, has in blocks if has] == ["p", "p", "ul", "blockquote", "h3", "ol"]
    assert [tag for tag, has in blocks if not has] == ["p"]  # that of the quote


def test_names_code_and_addresses_do_not_decide_the_direction_of_a_text():
    html = markdown.render("@Ada `code` http://a.example שלום", {"ada": 7})
    assert '<span class="mention" data-mention="7" dir="auto">' in html
    assert '<code dir="ltr">' in html
    assert '<a href="http://a.example" dir="ltr"' in html
    assert '<code dir="ltr"' in markdown.render("    indented\n\n```\nfenced\n```")


# ---- Tables and tasks


def test_table_is_in_a_box_that_a_keyboard_can_scroll():
    html = markdown.render("| a | b |\n|---|--:|\n| `x|y` | **z** |\nbelow")
    assert html.startswith('<div class="table-box" role="group" tabindex="0" aria-label="Table"><table>')
    assert '<td dir="auto" align="right">' in html
    assert html.endswith('</table></div>\n<p dir="auto">below</p>')


@each("body", ["a | b", "a|b\n-|", "a\n-", "a|b\n--", "|\n|", "|a|b|\n|-|-|-|"])
def test_other_lines_are_no_table(body):
    assert "<table" not in markdown.render(body)
    assert shown(body) == body


def test_large_table_stays_text():
    small, large = ("a|b\n-|-\n" + "1|2\n" * rows for rows in (400, 600))
    assert "<table" in markdown.render(small)
    assert "<table" not in markdown.render(large)


def test_few_characters_do_not_make_many_cells():
    assert len(markdown.render("|" * 300 + "\n" + "|-" * 299 + "|\n" + "|\n" * 3000)) < 20_000


def test_task_has_a_box_with_a_name_that_cannot_be_changed():
    html = markdown.render("- [ ] buy\n- [x] sell\n- [x]\n- [y] no")
    boxes = re.findall("<input[^>]*>", html)
    assert len(boxes) == 2
    assert all('type="checkbox"' in box and "disabled" in box and 'aria-label="Done"' in box for box in boxes)
    assert ["checked" in box for box in boxes] == [False, True]
    assert "[x]" in shown("- [x]")
