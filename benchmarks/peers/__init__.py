"""The peers that the site is measured against: small, faithful programs, each with its own start."""
