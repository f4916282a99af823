"""Kinds of metrics. Each reads its value from its source at the time of a scrape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from chat.telemetry.counters import Histogram


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value that goes up and down. With a `label`, `read` returns a number per value."""

    name: str
    help: str
    read: Callable[[], float | Mapping[str, float]]
    label: str = ""

    def family(self) -> Metric:
        return _family(GaugeMetricFamily, self)


@dataclass(frozen=True, slots=True)
class Counter:
    """A value that only grows. `_total` is added to its name. With a `label`, `read` returns a number per value."""

    name: str
    help: str
    read: Callable[[], float | Mapping[str, float]]
    label: str = ""

    def family(self) -> Metric:
        return _family(CounterMetricFamily, self)


def _family(kind: Any, metric: Gauge | Counter) -> Metric:
    value = metric.read()
    if not isinstance(value, Mapping):
        return kind(metric.name, metric.help, value=value)
    family = kind(metric.name, metric.help, labels=[metric.label])
    for label, number in value.items():
        family.add_metric([label], number)
    return family


@dataclass(frozen=True, slots=True)
class Distribution:
    """A histogram. Its `_sum` and `_count` give the mean."""

    name: str
    help: str
    read: Callable[[], Histogram]

    def family(self) -> Metric:
        histogram = self.read()
        numbers, total = histogram.read()
        bounds = [*map(str, histogram.bounds), "+Inf"]
        return HistogramMetricFamily(self.name, self.help, list(zip(bounds, accumulate(numbers), strict=True)), total)
