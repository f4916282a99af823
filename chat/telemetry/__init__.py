"""Telemetry of this process: counters, the event log and outages."""
