"""The same pools as one meets them at work: standard library or anyio, without our vocabulary.

Each is a function of `jobs` and `process`; `lab.observe` runs it and records what happens.
"""
