"""One line that says what a figure was measured on."""

import os
import platform
from pathlib import Path


def describe() -> str:
    """Processor, cores, load and database: a figure without them says nothing."""
    from django.db import connection

    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line for line in lines if "model name" in line).split(":")[1].strip()
    except (OSError, StopIteration):
        model = platform.processor()
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()")
        version = cursor.fetchone()[0]
    connection.close()
    python = platform.python_version()
    return f"{model}, {os.cpu_count()} cores, load {load}, {connection.vendor} {version}, Python {python}"
