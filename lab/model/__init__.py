"""What a run is: plain values, which every other room speaks in."""
