"""What a worker loads before anything else."""
