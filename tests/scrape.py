"""The metrics as a Prometheus server reads them, by name."""

import urllib.request

from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from chat.metrics.workers import Workers

TOKEN = "a-token-of-the-tests"
# For a site in processes of its own.
SWITCHED_ON = {"CHAT_METRICS": "on", "CHAT_METRICS_TOKEN": TOKEN}


class Numbers:
    def __init__(self, text):
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.samples = [sample for family in self.families.values() for sample in family.samples]

    def __getitem__(self, name):
        """Return the sum over all workers and labels. Raises KeyError for an unknown metric."""
        return sum(self.of(name).values())

    def of(self, name, label="worker", **labels):
        """Return the samples with these other labels, by the value of `label`."""
        found = {}
        for sample in self.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                found[sample.labels[label]] = found.get(sample.labels[label], 0) + sample.value
        assert found, f"{name} is not told"
        return found


def of_this_process():
    return Numbers(generate_latest(Workers()).decode())


def scrape(port):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return Numbers(answer.read().decode())
