"""Running a pool under many schedules, in search of one that goes wrong."""

from lab.exploring.explore import all_schedules, explore

__all__ = ["all_schedules", "explore"]
