"""The description of a User-Agent in a few words."""

from chat.auth import user_agents
from tests.cases import each

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
AGENTS = [
    (CHROME, "Chrome on Windows"),
    (f"{CHROME} Edg/126.0.0.0", "Edge on Windows"),
    (f"{CHROME} OPR/112.0", "Opera on Windows"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15", "Safari on Mac"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) CriOS/126.0 Mobile Safari/604.1", "Chrome on iPhone"),
    ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1", "Safari on iPad"),
    (
        "Mozilla/5.0 (Linux; Android 14; SM-S918B) SamsungBrowser/25.0 Chrome/121 Safari/537.36",
        "Samsung Internet on Android",
    ),
    ("Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0", "Firefox on Android"),
    ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/126.0 Safari/537.36", "Chrome on ChromeOS"),
    ("curl/8.5.0", "curl"),
    ("Mozilla/5.0 (Windows NT 10.0)", "Windows"),
    ("", "A browser"),
    ("x" * 200, "x" * 40),
]


@each(("user_agent", "words"), AGENTS)
def test_user_agent_is_described_in_a_few_words(user_agent, words):
    assert user_agents.describe(user_agent) == words


def test_a_phone_is_known_for_one():
    assert [words for user_agent, words in AGENTS if user_agents.is_phone(user_agent)] == [
        "Chrome on iPhone",
        "Safari on iPad",
        "Samsung Internet on Android",
        "Firefox on Android",
    ]
