"""A pytest plugin by which nbval compares pictures, where they can be compared.

A picture is stored as a data URI inside `text/html`. Its bytes depend on the processor and on the
library versions, so they are compared where those are known: Linux on x86-64 with the pinned
matplotlib and pillow. Elsewhere the text around them still is.
"""

import hashlib
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

DATA_URI = r"data:image/png;base64,[A-Za-z0-9+/=\s]*"
DRAWS_PICTURES = ("matplotlib", "numpy", "pillow")


def pytest_collectstart(collector: Any) -> None:
    """Tell nbval's collector of a notebook what to do with its pictures."""
    if not hasattr(collector, "sanitize_patterns"):
        return
    if compares_pictures(collector.config.rootpath / "requirements.txt"):
        # A digest stands for the picture, so that a failure stays short enough to read.
        collector.sanitize_patterns[DATA_URI] = digest
    else:
        collector.sanitize_patterns[DATA_URI] = "data:image/png"


def digest(data_uri: re.Match[str]) -> str:
    """Return what stands for a picture in a comparison."""
    return f"data:image/png;sha256={hashlib.sha256(data_uri[0].encode()).hexdigest()}"


def compares_pictures(requirements: Path) -> bool:
    """Say whether pictures drawn here have the bytes of those that are stored."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return False
    pins = dict(re.findall(r"^([\w-]+)==([\w.]+)", requirements.read_text(), re.MULTILINE))
    try:
        return all(version(name) == pins[name] for name in DRAWS_PICTURES)
    except PackageNotFoundError:
        return False
