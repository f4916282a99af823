"""The live activity page: a chart of recent messages that reloads every few seconds."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from chat import live_figures
from chat.live_figures import MINUTES, Activity

# The result is cached for this time, however many people watch the page.
FRESH_SECONDS = 4
WIDTH, HEIGHT = 720, 160
BAR_WIDTH = WIDTH / MINUTES
# Isolates the direction of a name. SVG text cannot contain <bdi> elements.
ISOLATED = "\u2068{}\u2069"


@dataclass(frozen=True, slots=True)
class Bar:
    """A segment of the chart: the messages of one room in one minute."""

    x: str
    y: str
    height: str
    color: int
    title: str


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Return the whole page. Its script loads it again and replaces the main part."""
    if not request.user.has_perm("chat.view_presence"):
        raise PermissionDenied
    now = cache.get_or_set("chat.live_figures", live_figures.lately, FRESH_SECONDS)
    assert isinstance(now, Activity)
    most = max((sum(minute) for minute in zip(*(room.per_minute for room in now.rooms), strict=True)), default=0)
    context = {
        **admin.site.each_context(request),
        "title": "Live activity",
        "now": now,
        "bars": list(_bars(now, max(most, 1))),
        "most": most,
        "bar_width": f"{BAR_WIDTH - 2:.1f}",
        "minutes": MINUTES,
    }
    return TemplateResponse(request, "admin/chat/live.html", context)


def _bars(now: Activity, most: int) -> Iterator[Bar]:
    """Yield the segments of each minute from bottom to top, oldest minute first."""
    for minute in range(MINUTES):
        floor = float(HEIGHT)
        for color, room in enumerate(now.rooms):
            if number := room.per_minute[minute]:
                height = HEIGHT * number / most
                floor -= height
                ago = MINUTES - 1 - minute
                title = f"{ISOLATED.format(room.name)}: {number}, {f'{ago} min ago' if ago else 'this minute'}"
                yield Bar(f"{minute * BAR_WIDTH:.1f}", f"{floor:.1f}", f"{height:.1f}", color, title)
