"""The faults, one module for each part that breaks."""
