"""Downloads: a person's own data, and messages for the admin, sent while they are read."""
