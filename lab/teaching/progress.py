"""What a player has reached so far in the levels of the game, kept beside the notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lab.teaching.game import Game
from lab.teaching.levels import Level
from lab.teaching.store import PROGRESS_FILE, Store

__all__ = ["PROGRESS_FILE", "Progress", "Standing"]

_LEVELS: Final = "levels"


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
    """

    def __init__(self, path: str | Path | None = PROGRESS_FILE) -> None:
        self._store = Store(path)
        self._standings: dict[str, Standing] = self._read()

    @property
    def problem(self) -> str | None:
        """Why nothing is kept, in a sentence; None if it is."""
        return self._store.problem

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
        levels = {
            title: {"fewest": standing.fewest, "failures": list(standing.failures)}
            for title, standing in self._standings.items()
        }
        self._store.write(_LEVELS, levels)
        return True

    def reset(self) -> None:
        """Forget all levels, in the file as well."""
        self._standings = {}
        self._store.write(_LEVELS, {})

    def _read(self) -> dict[str, Standing]:
        levels = self._store.read(_LEVELS)
        return {title: _standing(entry) for title, entry in levels.items()}


def _standing(entry: Any) -> Standing:
    """Read one level's entry; whatever is not as it should be counts as nothing."""
    entry = entry if isinstance(entry, Mapping) else {}
    fewest, failures = entry.get("fewest"), entry.get("failures")
    right = isinstance(fewest, int) and not isinstance(fewest, bool) and fewest >= 0
    failures = failures if isinstance(failures, list) else []
    return Standing(fewest if right else None, tuple(f for f in failures if isinstance(f, str)))
