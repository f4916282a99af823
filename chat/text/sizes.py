"""Sizes of files in words."""

from decimal import ROUND_HALF_UP, Decimal

UNITS = (("bytes", "bytes"), ("KB", "kilobytes"), ("MB", "megabytes"), ("GB", "gigabytes"))
STEP = 1024


def short_size(size: int) -> str:
    """Return a number of bytes as people read it, such as 1.2 MB. helpers/sizes.js does the same."""
    number, unit = _rounded(size)
    return f"{number} {UNITS[unit][0]}"


def spoken_size(size: int) -> str:
    """Return a number of bytes as a screen reader reads it, such as 1.2 megabytes."""
    number, unit = _rounded(size)
    name = UNITS[unit][1]
    return f"{number} {name[:-1] if number == '1' else name}"


def _rounded(size: int) -> tuple[str, int]:
    """Return the number, with a decimal place if it is below 10, and the index of its unit."""
    unit, value = 0, Decimal(size)
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / STEP, unit + 1
    places = Decimal("0.1") if unit and value < 10 else Decimal(1)
    number = str(value.quantize(places, ROUND_HALF_UP))
    return number.removesuffix(".0"), unit
