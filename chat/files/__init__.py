"""Uploaded files: their storage, who may see them, what they are, and the processing of pictures."""
