"""What is measured: each scenario a module with a name, its sizes, and how its figures are told."""
