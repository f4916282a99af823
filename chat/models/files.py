"""Files that people upload, the pieces of unfinished uploads, and the attachments and link previews of messages."""

import secrets
from typing import Self

from django.db import models
from django.utils import timezone

from chat.db.compiled_queries import Param
from chat.models.messages import Message
from chat.models.people import Person

NAME_MAX_LENGTH = 200
ALT_MAX_LENGTH = 300
KEY_LENGTH = 22


def new_key() -> str:
    """Return a random key of 128 bits, for addresses."""
    return secrets.token_urlsafe(16)


class FileQuerySet(models.QuerySet["File"]):
    def uploaded(self) -> Self:
        """Return the files whose bytes have all arrived."""
        return self.exclude(state=File.FileState.UPLOADING)

    def visible_to(self, person_id: int | Param) -> Self:
        """Return the files that exist for an active person, whatever their state. This is the only rule for files.

        A file of a message is visible to the readers of the message while that is not deleted, and so is the picture of
        a preview. A picture of a profile is visible to everyone, and an upload that nothing uses to its owner.
        """
        readable = Message.objects.filter(deleted_at=None).readable_by(person_id, are_few=True)
        attached = models.Exists(readable.filter(attachments__file=models.OuterRef("pk")))
        previewed = models.Exists(readable.filter(previews__image=models.OuterRef("pk"), previews__hidden_at=None))
        pictured = models.Exists(Person.objects.filter(avatar=models.OuterRef("key")))
        own = models.Q(owner=person_id, expires_at__isnull=False)
        return self.filter(own | attached | pictured | previewed)

    def of_messages(self) -> Self:
        """Return the files that messages show, without those that were refused or removed."""
        return self.exclude(attachment=None).exclude(state=File.FileState.REFUSED)

    def unused(self) -> Self:
        """Return the files that no message and no profile uses."""
        return self.exclude(expires_at=None)


class File(models.Model):
    """An uploaded file. Its bytes are in the storage `files`: `path`, and for pictures a thumbnail at `thumb_path`.

    A file belongs to its owner alone until a message or a profile uses it. Then `expires_at` is null.
    """

    class MediaKind(models.TextChoices):
        """The ways in which clients show a file."""

        IMAGE = "image", "Picture"
        AUDIO = "audio", "Audio"
        VIDEO = "video", "Video"
        FILE = "file", "File"

    class FileState(models.TextChoices):
        UPLOADING = "uploading", "Uploading"  # `offset` of `size` bytes have arrived
        WAITING = "waiting", "Waiting"  # complete, and not processed yet
        READY = "ready", "Ready"
        REFUSED = "refused", "Refused"  # `refusal` says why

    key = models.CharField(max_length=KEY_LENGTH, unique=True, default=new_key, editable=False)
    # Null after the account was deleted.
    owner = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="files")
    name = models.CharField(max_length=NAME_MAX_LENGTH)
    alt = models.CharField(max_length=ALT_MAX_LENGTH, blank=True)
    size = models.PositiveBigIntegerField()  # bytes, of the whole file
    offset = models.PositiveBigIntegerField(default=0)  # bytes that have arrived
    media_type = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=5, choices=MediaKind, default=MediaKind.FILE)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    color = models.CharField(max_length=7, blank=True)  # the mean color of a picture, such as #8a9b6c
    sha256 = models.CharField(max_length=64, blank=True)  # of the stored bytes
    path = models.CharField(max_length=200, blank=True)
    thumb_path = models.CharField(max_length=200, blank=True)
    thumb_width = models.PositiveIntegerField(null=True)
    thumb_height = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=9, choices=FileState, default=FileState.UPLOADING)
    refusal = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # When a file that nothing uses is removed.
    expires_at = models.DateTimeField(null=True)

    objects = FileQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], condition=models.Q(expires_at__isnull=False), name="files_that_expire"),
        ]

    def __str__(self) -> str:
        return f"file {self.pk}"  # the title of its page in the admin, also where the name is not shown


class FilePiece(models.Model):
    """A piece of an unfinished upload, an object of its own in the storage. Any process may take the next one."""

    file = models.ForeignKey(File, on_delete=models.CASCADE, related_name="pieces")
    start = models.PositiveBigIntegerField()
    size = models.PositiveIntegerField()
    path = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "start"], name="one_piece_per_start")]

    def __str__(self) -> str:
        return f"{self.file_id} from {self.start}"


class Attachment(models.Model):
    """A file of a message. A file has at most one message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    file = models.OneToOneField(File, on_delete=models.PROTECT, related_name="attachment")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="one_file_per_position")]

    def __str__(self) -> str:
        return f"{self.file_id} of {self.message_id}"


class Preview(models.Model):
    """The page that a link of a message leads to. The site has read it once, and has its picture."""

    message = models.ForeignKey("chat.Message", on_delete=models.CASCADE, related_name="previews")
    url = models.CharField(max_length=2000)
    title = models.CharField(max_length=120, blank=True)
    description = models.CharField(max_length=300, blank=True)
    site = models.CharField(max_length=120, blank=True)
    image = models.ForeignKey(File, null=True, on_delete=models.SET_NULL, related_name="previews")
    # Who removed it. It stays removed.
    hidden_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    hidden_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "url"], name="one_preview_per_link")]

    def __str__(self) -> str:
        return self.url
