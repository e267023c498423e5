"""A small file of JSON beside the notebook, in which a reader's progress is kept.

Beside the notebook, because there it is seen, goes along when the folder is copied, and is gone
with it; nothing is written elsewhere, and nothing is sent anywhere. Where the file cannot be read
or written, everything goes on without it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

__all__ = ["PROGRESS_FILE", "Store"]

PROGRESS_FILE: Final = ".workbook-progress.json"


class Store:
    """Sections of entries, by name, in a file.

    Args:
        path: of the file; None keeps nothing.

    Attributes:
        problem: why nothing is kept, in a sentence; None if it is.
    """

    def __init__(self, path: str | Path | None = PROGRESS_FILE) -> None:
        self.path = None if path is None else Path(path).absolute()
        self.problem: str | None = None

    def read(self, section: str) -> dict[str, Any]:
        """Return the entries of a section; none if there is no such file, or it is not ours."""
        found = self._all().get(section)
        return found if isinstance(found, dict) else {}

    def write(self, section: str, entries: Mapping[str, Any]) -> None:
        """Replace the entries of a section; without any it goes, and the file with the last."""
        if self.path is None:
            return
        data = {**self._all(), section: dict(entries)}
        data = {name: found for name, found in data.items() if found}
        try:
            if data:
                _replace(self.path, json.dumps(data, indent=1) + "\n")
            else:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            self._not_kept(error)
        else:
            self.problem = None

    def _all(self) -> dict[str, Any]:
        if self.path is None:
            return {}
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._not_kept(error)
            return {}
        except (ValueError, RecursionError):
            return {}  # not ours, or cut off: the next success writes it anew
        return data if isinstance(data, dict) else {}

    def _not_kept(self, error: OSError) -> None:
        why = error.strerror or type(error).__name__
        self.problem = f"your progress is not kept: {self.path}: {why}"


def _replace(path: Path, text: str) -> None:
    """Write a file in one go: a reader sees the old text or the new one, never a part."""
    handle, name = tempfile.mkstemp(prefix=path.name, suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
