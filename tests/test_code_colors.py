"""Colours of code blocks."""

import re
import subprocess
import sys
from html import unescape
from itertools import product

from chat.text import code_colors, markdown
from chat.text.code_colors import highlighted
from tests.cases import each
from tests.site import ROOT

SAMPLES = [
    "x = 'a' # b\n",
    "<a b='c'>d</a>\n",
    '{"a": [1, true]}\n',
    "-- é\n\n\n",
    "\n\n  if (x) { return 1; }\n",
    "&<>'\"\n",
    "'''\n",
]


def test_parts_of_code_have_classes():
    html = markdown.render("```py\ndef f(x):  # why\n    return 'a' + 1\n```")
    assert '<span class="k">def</span> <span class="f">f</span>' in html
    assert '<span class="c"># why</span>' in html
    assert "<span class=\"s\">'a'</span>" in html
    assert "style=" not in html


@each("language", ["", "none", "nosuch", "mermaid", "guess", "text", "<b>", "Brainfuck"])
def test_code_in_other_languages_has_no_colours(language):
    assert highlighted("if x: pass # 1\n", language) == ""
    assert "<span" not in markdown.render(f"```{language}\nif x: pass # 1\n```")


def test_code_is_not_changed():
    for language, code in product(code_colors._aliases(), SAMPLES):
        assert unescape(re.sub("</?span[^>]*>", "", highlighted(code, language) or code)) == code, language


def test_every_language_is_known_to_pygments():
    from pygments.lexers import get_all_lexers

    assert {name for name, *_ in get_all_lexers(plugins=False)} >= code_colors.LANGUAGES


@each("code", ["x = 1\n" * 201, "x" * 201, "x = '%s'\n" % ("y" * 150) * 30, "x = 1\n" + "\n \t" * 6, "a b\n" * 60])
def test_code_that_may_take_long_has_no_colours(code):
    assert highlighted("x = 1\n" * 3, "py")
    assert highlighted(code, "py") == ""


def test_code_whose_colours_would_exceed_a_frame_is_shown_without():
    body = ("```py\n" + ("1,if " * 30 + "\n") * 25 + "```\n") * 3
    assert len(markdown.render_markdown(body)) > markdown.HTML_MAX_LENGTH
    assert markdown.render(body).startswith('<pre><code dir="ltr" class="language-py">1,if 1,if')


def test_pygments_is_not_imported_before_code_names_a_language():
    program = (
        "import sys; from chat.text import markdown; markdown.render('```\\na\\n``` **b** `c`');"
        "assert not any(it.startswith('pygments') for it in sys.modules);"
        "markdown.render('```py\\na\\n```'); assert 'pygments.lexers.python' in sys.modules;"
        "assert 'pygments.lexers.perl' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


# ---- Contrast


def luminance(color):
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4 for it in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def colors():
    """Return each named colour as a pair, light and dark, with references followed."""
    css = "".join((ROOT / f"chat/static/chat/css/{name}.css").read_text() for name in ("tokens", "code_colors"))
    raw = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", css))
    links = dict(re.findall(r"--([\w-]+): var\(--([\w-]+)\)", css))
    return {name: raw[links.get(name, name)].split(", ") for name in (*raw, *links) if links.get(name, name) in raw}


def test_every_class_has_a_colour_with_enough_contrast_in_both_themes():
    css = (ROOT / "chat/static/chat/css/code_colors.css").read_text()
    used = dict(re.findall(r"\.(\w+) \{ color: var\(--([\w-]+)\); \}", css))
    assert set(used) == code_colors.CLASSES
    known = colors()
    for name, theme in product(used.values(), (0, 1)):
        assert contrast(known[name][theme], known["surface-side"][theme]) >= 4.5, (name, theme)
