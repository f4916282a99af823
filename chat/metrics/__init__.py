"""Metrics for a Prometheus server, of all workers behind one port."""
