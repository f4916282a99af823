"""Removal of files: rows first, and objects of the storage by a job of the same transaction, after the commit."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import ProtectedError

from chat.actions.jobs.backend import enqueue_with_commit
from chat.actions.tasks.files import remove_objects as remove_objects_task
from chat.files import storage
from chat.models import File, FilePiece
