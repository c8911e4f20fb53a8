"""One line that says what a figure was measured on."""

import os
import platform
from pathlib import Path


def describe() -> str:
    """Processor, cores, load and database: a figure without them says nothing."""
    from django.db import connection

    try:
        model = next(line.split(":")[1].strip() for line in Path("/proc/cpuinfo").open() if "model name" in line)
    except (OSError, StopIteration):
        model = platform.processor()
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()")
        version = cursor.fetchone()[0]
    connection.close()
    return f"{model}, {os.cpu_count()} cores, load {load}, {connection.vendor} {version}, Python {platform.python_version()}"
