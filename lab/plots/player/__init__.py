"""The player: a run, or a failing schedule, as a moving picture."""

from lab.plots.player.player import SCRIPT, Player, inside_script, play

__all__ = ["SCRIPT", "Player", "inside_script", "play"]
