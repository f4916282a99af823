"""The theme of a page: light, dark or the system's."""

from django.http import HttpRequest

THEME_COOKIE = "theme"
CHOICES = ("light", "dark")


def theme_of(request: HttpRequest) -> str:
    """Return the theme from the cookie. A cookie, so that error pages can use it without a database query."""
    theme = request.COOKIES.get(THEME_COOKIE)
    return theme if theme in CHOICES else "system"


def theme(request: HttpRequest) -> dict[str, str]:
    """Give every template the theme (a context processor)."""
    return {"theme": theme_of(request)}
