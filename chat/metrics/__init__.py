"""Metrics for a Prometheus server, of all workers behind one port.

`workers` replaces the multiprocess mode of `prometheus_client`, which cannot read values at scrape time or name the
worker of a histogram. A scrape takes about 1 ms per worker.
"""
