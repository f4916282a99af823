"""The code that a worker loads before anything else."""
