"""The same pools as one meets them at work: standard library or anyio, without our vocabulary.

Each is a function like the `run` of the pattern of the same name, and returns the same `Report`:
`pool(jobs, process, *, workers, buffer, timeout, on_result)`. What differs:

- There is no `context`, which these libraries know nothing of. Pools of tasks are cancelled as
  every task is, and then there is no report.
- Pools of tasks are async functions, and so is their `process`.
- `buffer` is missing where the form has no limit for what waits.

Whatever a job does (raise SystemExit or CancelledError, swallow a cancellation, return what cannot
be sent between processes), it is that job's outcome. And what it sets in `contextvars` no other
job sees: each has a copy of the caller's, except in another process. `unguarded` has what happens
otherwise.

`lab.observe` runs these pools and records what happens.
"""
