"""The scenarios: each is a module with a name, its sizes, and the columns of its figures."""
