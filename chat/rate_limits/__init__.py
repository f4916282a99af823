"""Rate limits per person and address: token buckets in memory, which all processes share by broadcasts."""
