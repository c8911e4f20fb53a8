"""Where documents and exports lie, from the environment. Read by settings: nothing of Django's is imported here."""

import os
from pathlib import Path
from typing import Any


def documents(var: Path) -> dict[str, Any]:
    """Django's STORAGES entry: a folder under `var`, or a bucket. Workers write there; links to it are signed without
    asking it."""
    bucket = os.environ.get("DOCUMENTS_S3_BUCKET", "")
    if not bucket:
        folder = Path(os.environ.get("DOCUMENTS_ROOT") or var / "documents")
        options = {"location": folder, "allow_overwrite": True}
        options |= {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    from botocore.config import Config  # half a second that only those with a bucket pay

    endpoint = os.environ.get("DOCUMENTS_S3_ENDPOINT_URL") or None
    client = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"max_attempts": 2},
        signature_version="s3v4",
        s3={"addressing_style": "path" if endpoint else "auto"},
    )
    options = {
        "bucket_name": bucket,
        "endpoint_url": endpoint,
        "region_name": os.environ.get("DOCUMENTS_S3_REGION") or None,
        # Empty: the machine's own role, as AWS hands it out.
        "access_key": os.environ.get("DOCUMENTS_S3_ACCESS_KEY_ID") or None,
        "secret_key": os.environ.get("DOCUMENTS_S3_SECRET_ACCESS_KEY") or None,
        "location": os.environ.get("DOCUMENTS_S3_PREFIX", ""),
        "default_acl": None,
        "file_overwrite": True,
        "querystring_auth": True,
        "client_config": client,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
