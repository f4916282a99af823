"""The faults, a module for each kind of thing that breaks."""
