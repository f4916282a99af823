"""How the site looks to whoever asks: light, dark, or as their system has it."""

from django.http import HttpRequest

THEME_COOKIE = "theme"
CHOICES = ("light", "dark")


def theme_of(request: HttpRequest) -> str:
    """What the browser says was chosen in it. A cookie, so that the pages for errors can follow it without asking."""
    theme = request.COOKIES.get(THEME_COOKIE)
    return theme if theme in CHOICES else "system"


def theme(request: HttpRequest) -> dict[str, str]:
    """For every template."""
    return {"theme": theme_of(request)}
