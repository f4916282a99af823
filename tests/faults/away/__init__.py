"""People who are away, whom the site tells by email and push, and the servers that take both."""
