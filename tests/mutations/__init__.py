"""Each rule that keeps messages whole, broken on purpose: a test has to notice. `make mutations` runs them all."""
