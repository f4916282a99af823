"""Whom the site is measured against: small and faithful programs, each with a start of its own."""
