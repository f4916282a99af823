"""Opening an archive of any format that is known."""

from pathlib import Path

from chat.archives.container import ArchiveError, open_container
from chat.archives.records import Archive
from chat.archives.site import SiteArchive
from chat.archives.slack import SlackArchive


def open_archive(path: Path, *, skips_broken: bool = False) -> Archive:
    """Open an archive and read it once. Raise ArchiveError with all that is wrong.

    With `skips_broken`, the days of Slack's export that cannot be read are left out.
    """
    container = open_container(path)
    if SiteArchive.recognizes(container):
        return SiteArchive(container)
    if SlackArchive.recognizes(container):
        return SlackArchive(container, skips_broken=skips_broken)
    raise ArchiveError(f"{path} is neither an archive of a site like this one nor an export of Slack.")
