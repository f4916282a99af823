"""Uploads: workers are killed between their pieces, and the storage is full or away."""

import asyncio
import hashlib
import http.client
import random
import time
import uuid

from tests.faults import disks
from tests.faults.registry import fault
from tests.site import PATIENCE_SECONDS, call

PIECE_BYTES = 960 * 1024
BODY = random.Random(1).randbytes(3 * PIECE_BYTES + 1)
TUS = {"Tus-Resumable": "1.0.0"}
STORED = """
import hashlib, time
from chat.files.storage import files
from chat.models import File
ends_at = time.monotonic() + {seconds}
while (file := File.objects.get(key={key!r})).state == File.FileState.WAITING and time.monotonic() < ends_at:
    time.sleep(0.1)
print(hashlib.sha256(files().open(file.path).read()).hexdigest() if file.path else file.state)
"""


class Upload:
    """An upload by the owner of the room, to any worker."""

    def __init__(self, run):
        self._run = run
        _, headers = self.ask("POST", "/api/files/", {"Upload-Length": str(len(BODY))})
        self.path = headers["Location"]
        self.key = self.path.split("/")[-2]

    def ask(self, method, path, headers, content=None):
        """Return the status and the headers of an answer."""
        port = self._run.ports[-1]
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        line.request(method, path, content, {**TUS, **headers, **self._run.owner.headers(port)})
        answer = line.getresponse()
        answer.read()
        line.close()
        return answer.status, answer.headers

    def offset(self):
        return int(self.ask("HEAD", self.path, {})[1]["Upload-Offset"])

    def send(self):
        """Send the next piece and return the status."""
        offset = self.offset()
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self.ask("PATCH", self.path, headers, BODY[offset : offset + PIECE_BYTES])[0]

    def post(self):
        """Post the file, and return the keys of the message's files."""
        port = self._run.ports[-1]
        token = self._run.owner.headers(port)["Authorization"].removeprefix("Bearer ")
        fields = {"client_id": str(uuid.uuid4()), "body": "", "files": [self.key]}
        posted = call(port, f"/api/rooms/{self._run.room}/messages/", fields, token)
        return [file["key"] for file in posted["message"]["files"]]

    def finish(self):
        """Send what is left."""
        while self.offset() < len(BODY):
            assert self.send() == 204

    def check(self):
        """Expect that the file can be posted, and has the bytes that were sent.

        Another process notices after 15 seconds that one was killed while it processed the file, and needs up to 22
        more until it begins again.
        """
        began_at = time.monotonic()
        self._run.expect(self.post() == [self.key], "the file could not be posted")
        stored = self._run.site.shell(STORED.format(key=self.key, seconds=PATIENCE_SECONDS)).strip()
        self._run.expect(stored == hashlib.sha256(BODY).hexdigest(), f"the file has other bytes: {stored}")
        self._run.note(ready_after=round(time.monotonic() - began_at, 1))


@fault(
    3,
    "A worker is killed (-9) between the pieces of an upload, and between the last piece and the post",
    quick=None,
    baseline=False,
)
async def uploader_loses_workers(run):
    upload = await asyncio.to_thread(Upload, run)
    await asyncio.to_thread(upload.send)
    await run.restart_workers()
    await asyncio.to_thread(upload.finish)
    await run.restart_workers()
    run.mended()
    await asyncio.to_thread(upload.check)


@fault(6, "The storage of files is away in the middle of an upload, and comes back", baseline=False)
async def storage_is_away(run):
    upload = await asyncio.to_thread(Upload, run)
    await asyncio.to_thread(upload.send)
    folder = run.deployment.folder / "files"
    away = folder.rename(folder.with_name("away"))
    folder.touch()
    run.expect(await asyncio.to_thread(upload.send) == 503, "a piece was not refused")
    folder.unlink()
    away.rename(folder)
    run.mended()
    await asyncio.to_thread(upload.finish)
    await asyncio.to_thread(upload.check)


@fault(6, "The disk of the files is full, and has room again", quick=None, baseline=False)
async def files_disk_is_full(run):
    folder = run.deployment.folder / "files"
    with disks.mounted(folder):
        disk = disks.Disk(folder, lambda: None)
        upload = await asyncio.to_thread(Upload, run)
        await asyncio.to_thread(upload.send)
        disk.fill()
        run.expect(await asyncio.to_thread(upload.send) == 503, "a piece was not refused")
        disk.free()
        run.mended()
        await asyncio.to_thread(upload.finish)
        await asyncio.to_thread(upload.check)
