"""Where documents and exports are kept: a folder, or a bucket. Workers write there; requests only ever read a folder.

A request that wants a file from a bucket is sent on to a signed address, which is computed here and asked of nobody.
"""

from typing import IO

from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.http import FileResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.http import content_disposition_header

from agentcollect.kit.http.transactions import refuse_in_transaction

LINK_SECONDS = 300


class Lost(Exception):
    """What was written is not what can be read."""


def storage() -> Storage:
    return storages["documents"]


def keep(name: str, file: IO[bytes], size: int) -> None:
    """Write `file` (read from its start) under `name`, over whatever is there. Raises Lost, or the storage's own."""
    refuse_in_transaction()
    file.seek(0)
    saved = storage().save(name, File(file))
    if saved != name or storage().size(name) != size:
        raise Lost(f"{name} was not written whole")


def forget(name: str) -> None:
    """Remove what stands under `name`, if anything does."""
    refuse_in_transaction()
    storage().delete(name)


def deliver(name: str, *, called: str, media_type: str) -> HttpResponseBase:
    """The file as a download called `called`: its bytes from a folder, a signed address of the bucket otherwise."""
    try:
        path = storage().path(name)
    except NotImplementedError:
        return HttpResponseRedirect(_signed(name, called, media_type))
    return FileResponse(open(path, "rb"), as_attachment=True, filename=called, content_type=media_type)


def _signed(name: str, called: str, media_type: str) -> str:
    said = {
        "ResponseContentDisposition": content_disposition_header(True, called) or "attachment",
        "ResponseContentType": media_type,
    }
    return storage().url(name, parameters=said, expire=LINK_SECONDS)  # type: ignore[call-arg]  # S3Storage's own
