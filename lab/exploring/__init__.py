"""Running a pool under many schedules, in search of one that goes wrong."""

from lab.exploring.counting import count_orders
from lab.exploring.explore import all_schedules, explore

__all__ = ["all_schedules", "count_orders", "explore"]
