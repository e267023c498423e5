"""The key to the timelines shows each state, in the row that is named after it."""

from lab import simulate
from lab.plots.palette import LOOKS, look_of
from lab.teaching.states import seven_states


def test_each_worker_shows_the_state_that_it_is_named_after_longer_than_any_other():
    spans = sorted(simulate(seven_states).trace.spans, key=lambda span: span.duration)
    longest = {span.worker: look_of(span).name for span in spans}
    assert longest == {name: name for name in LOOKS if name != "unfinished"}  # of a deadlock
