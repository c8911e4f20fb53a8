"""The file a debtor sends with what they say: checked as every document is, and never shown by these pages again."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.rules.documents import MAX_BYTES, plain_name, type_of
from payments.operations.proofs import Proof

View = Callable[..., HttpResponse]
_KINDS = gettext_lazy("Send a PDF, a picture (PNG, JPEG, WebP, TIFF), a Word or Excel file, a text or an e-mail.")


class _Bounded(FileUploadHandler):
    """Lets no more than MAX_BYTES of files onto the disk: what comes after is read off the wire and dropped."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.seen > MAX_BYTES:
            self.request.too_large = True  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def bounded(view: View) -> View:
    """`view`, whose forms are read within bounds: before anything looks at them, the CSRF check included."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.upload_handlers = [_Bounded(request), *request.upload_handlers]
        return view(request, *args, **kwargs)

    return guarded


def read(request: HttpRequest) -> tuple[Proof | None, str]:
    """The file of the part `proof`, None where none was chosen; and what is wrong with it, in words."""
    if getattr(request, "too_large", False):
        return None, _("The file is too large: at most %(count)s MB.") % {"count": MAX_BYTES // 1024 // 1024}
    files: MultiValueDict[str, UploadedFile] = request.FILES
    given = files.get("proof")
    if given is None:
        return None, ""
    raw, name = given.read(), given.name or ""
    kind = type_of(raw, name) if raw else None
    if kind is None:
        return None, str(_KINDS) if raw else _("The file is empty.")
    return Proof(raw, kind.media_type, plain_name(name, kind)), ""
