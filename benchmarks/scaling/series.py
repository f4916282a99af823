"""A cost measured at several sizes, and the straight line through it."""

import statistics
from collections.abc import Sequence

import msgspec


class Series(msgspec.Struct, frozen=True):
    """`points` are (size, cost), the sizes in `of`. The line is what it costs with none, and what one more adds."""

    name: str
    of: str
    unit: str
    points: list[tuple[float, float]]

    @property
    def line(self) -> tuple[float, float]:
        slope, intercept = statistics.linear_regression(*zip(*self.points, strict=True))
        return intercept, slope

    @property
    def fit(self) -> float:
        """The share of the differences that the line explains: 1 if the points lie on it."""
        sizes, costs = zip(*self.points, strict=True)
        return statistics.correlation(sizes, costs) ** 2 if len(set(costs)) > 1 else 1.0


def table(series: Sequence[Series]) -> str:
    lines = ["| cost | measured with | fixed part | for each one more | R² |", "|---|---|---|---|---|"]
    for it in series:
        start, each = it.line
        sizes = ", ".join(f"{size:,.0f}" for size, _ in it.points)
        cells = [it.name, f"{sizes} {it.of}", f"{start:,.4g} {it.unit}", f"{each:,.3g} {it.unit}", f"{it.fit:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
