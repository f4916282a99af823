"""Tests of the benchmarks, which `make bench` runs before it measures."""
