"""The delay until an open connection notices a revoked right, and the cost of the checks for that."""
