"""What a player has reached so far, kept in a small file beside the notebook.

Beside the notebook, because there it is seen, goes along when the folder is copied, and is gone
with it; nothing is written elsewhere, and nothing is sent anywhere. Where the file cannot be read
or written the game goes on without it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lab.teaching.game import Game
from lab.teaching.levels import Level

__all__ = ["PROGRESS_FILE", "Progress", "Standing"]

PROGRESS_FILE: Final = ".workbook-progress.json"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a player is in one level.

    Attributes:
        fewest: decisions of the shortest game that reached the goal; None if none has.
        failures: the ways of going wrong that were seen, in the order in which they were found.
    """

    fewest: int | None = None
    failures: tuple[str, ...] = ()

    def with_game(self, level: Level, game: Game) -> Standing:
        """Return how far the player is after this game."""
        fewest, failures, position = self.fewest, self.failures, game.position
        if level.reached(game):
            made = len(game.moves)
            fewest = made if fewest is None else min(fewest, made)
        if position.broken and position.failure not in failures:
            failures = (*failures, position.failure)
        return Standing(fewest, failures)

    def merged(self, other: Standing) -> Standing:
        """Return the better of both: what either has reached."""
        made = [one.fewest for one in (self, other) if one.fewest is not None]
        both = dict.fromkeys((*self.failures, *other.failures))
        return Standing(min(made, default=None), tuple(both))


class Progress:
    """Standings by level, kept in a file; a new one begins with what the file says.

    Args:
        path: of the file; None keeps nothing beyond this object.

    Attributes:
        problem: why nothing is kept, in a sentence; None if it is.
    """

    def __init__(self, path: str | Path | None = PROGRESS_FILE) -> None:
        self._path = None if path is None else Path(path).absolute()
        self.problem: str | None = None
        self._standings: dict[str, Standing] = self._read()

    def of(self, level: Level) -> Standing:
        """Return how far the player is in a level."""
        return self._standings.get(level.title, Standing())

    def record(self, level: Level, game: Game) -> bool:
        """Take in a game that is over; tell whether it brought anything new, and keep that."""
        before = self.of(level)
        after = before.with_game(level, game)
        if after == before:
            return False
        self._standings[level.title] = after
        # Another notebook may have written since.
        for title, standing in self._read().items():
            self._standings[title] = self._standings.get(title, Standing()).merged(standing)
        self._write()
        return True

    def reset(self) -> None:
        """Forget everything, in the file as well."""
        self._standings = {}
        if self._path is None:
            return
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            self._not_kept(error)

    def _read(self) -> dict[str, Standing]:
        if self._path is None:
            return {}
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._not_kept(error)
            return {}
        except (ValueError, RecursionError):
            return {}  # not ours, or cut off: the next success writes it anew
        levels = data.get("levels") if isinstance(data, dict) else None
        if not isinstance(levels, dict):
            return {}
        return {title: _standing(entry) for title, entry in levels.items()}

    def _write(self) -> None:
        if self._path is None:
            return
        levels = {
            title: {"fewest": standing.fewest, "failures": list(standing.failures)}
            for title, standing in self._standings.items()
        }
        text = json.dumps({"levels": levels}, indent=1) + "\n"
        try:
            _replace(self._path, text)
        except OSError as error:
            self._not_kept(error)
        else:
            self.problem = None

    def _not_kept(self, error: OSError) -> None:
        why = error.strerror or type(error).__name__
        self.problem = f"your progress is not kept: {self._path}: {why}"


def _standing(entry: Any) -> Standing:
    """Read one level's entry; whatever is not as it should be counts as nothing."""
    entry = entry if isinstance(entry, Mapping) else {}
    fewest, failures = entry.get("fewest"), entry.get("failures")
    right = isinstance(fewest, int) and not isinstance(fewest, bool) and fewest >= 0
    failures = failures if isinstance(failures, list) else []
    return Standing(fewest if right else None, tuple(f for f in failures if isinstance(f, str)))


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
