"""Short descriptions of User-Agents, such as "Firefox on Linux", by which people recognise their own devices."""

import re

# The first match counts, because most browsers also name other browsers that they are compatible with.
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
    """Return the browser and the system, or the name that the program gives itself."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or _program(user_agent)


def is_phone(user_agent: str) -> bool:
    return _first(SYSTEMS, user_agent) in PHONES


def _first(table: list[tuple[str, str]], user_agent: str) -> str:
    return next((name for pattern, name in table if re.search(pattern, user_agent)), "")


def _program(user_agent: str) -> str:
    """Return the product name before the version, such as `curl` in `curl/8.5.0`."""
    product = user_agent.split("/", 1)[0].strip()
    return product[:PROGRAM_MAX_LENGTH] or UNKNOWN
