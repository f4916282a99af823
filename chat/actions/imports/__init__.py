"""Bulk import of people, memberships and messages, with the same rules as for those made on the site."""
