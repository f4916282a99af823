"""One load generator for every server: the same people, the same messages, the same definitions, a dialect for each."""
