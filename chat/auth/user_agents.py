"""What a browser's User-Agent says, in a few words: "Firefox on Linux". Good enough to tell one's own devices apart."""

import re

# The first that is found counts: most browsers also name those that they want to be taken for.
BROWSERS = [
    ("Edg(?:e|A|iOS)?/", "Edge"),
    ("OPR/|Opera", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("DuckDuckGo/|Ddg/", "DuckDuckGo"),
    ("Firefox/|FxiOS/", "Firefox"),
    ("HeadlessChrome/|Chrome/|CriOS/|Chromium/", "Chrome"),
    ("Safari/", "Safari"),
]
SYSTEMS = [
    ("iPhone|iPod", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh|Mac OS X", "Mac"),
    ("Linux|X11", "Linux"),
]
PHONES = {"iPhone", "iPad", "Android"}
UNKNOWN = "A browser"
PROGRAM_MAX_LENGTH = 40


def describe(user_agent: str) -> str:
    """The browser and the system, or what the program calls itself."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or _program(user_agent)


def is_phone(user_agent: str) -> bool:
    return _first(SYSTEMS, user_agent) in PHONES


def _first(table: list[tuple[str, str]], user_agent: str) -> str:
    return next((name for pattern, name in table if re.search(pattern, user_agent)), "")


def _program(user_agent: str) -> str:
    """What stands before the version, as `curl` in `curl/8.5.0`."""
    product = user_agent.split("/", 1)[0].strip()
    return product[:PROGRAM_MAX_LENGTH] or UNKNOWN
