"""Uploads, quotas, and the removal of files. Rows go first, and objects of the storage after the commit."""
