"""The player: a run, or a failing schedule, as a moving picture."""

from lab.plots.player.player import Player, play

__all__ = ["Player", "play"]
