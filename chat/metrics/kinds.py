"""The kinds of metrics, each read where it is kept at the moment it is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from chat.telemetry.counters import Histogram


@dataclass(frozen=True, slots=True)
class Gauge:
    """What goes up and down."""

    name: str
    help: str
    read: Callable[[], float]

    def family(self) -> Metric:
        return GaugeMetricFamily(self.name, self.help, value=self.read())


@dataclass(frozen=True, slots=True)
class Counter:
    """What only grows; `_total` follows the name. With a `label`, `read` gives a number for each of its values."""

    name: str
    help: str
    read: Callable[[], float | Mapping[str, float]]
    label: str = ""

    def family(self) -> Metric:
        value = self.read()
        if not isinstance(value, Mapping):
            return CounterMetricFamily(self.name, self.help, value=value)
        family = CounterMetricFamily(self.name, self.help, labels=[self.label])
        for label, number in value.items():
            family.add_metric([label], number)
        return family


@dataclass(frozen=True, slots=True)
class Distribution:
    """How values spread: a histogram, whose `_sum` and `_count` give the mean."""

    name: str
    help: str
    read: Callable[[], Histogram]

    def family(self) -> Metric:
        histogram = self.read()
        numbers, total = histogram.read()
        bounds = [*map(str, histogram.bounds), "+Inf"]
        return HistogramMetricFamily(self.name, self.help, list(zip(bounds, accumulate(numbers), strict=True)), total)
