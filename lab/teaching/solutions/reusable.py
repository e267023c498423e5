# %% predict
# `submit` has taken the last job when there is room for it in the buffer: when all but as many as
# the buffer holds have been begun. `starts` says when each job begins, if whoever is free takes
# the next one; and of eight jobs with a buffer of 2 it is the sixth that counts.
begun = starts(predict.numbers.seconds, predict.numbers.workers)
seconds = begun[-1 - predict.numbers.buffer]


# %% read
# A deadline leaves jobs cut short. Who closes too early keeps pictures out, so there are fewer,
# but none is cut short. Where a camera is held up, the same work takes longer. What remains is the
# pool with room for all, in which nobody waited and nothing is missing.
def ending(letter):
    run = read.numbers[letter]
    if run.value.counts.cancelled:
        return 3
    others = [other for other in read.numbers.values() if not other.value.counts.cancelled]
    if run.value.counts.succeeded < max(other.value.counts.succeeded for other in others):
        return 2
    return 1 if run.elapsed == max(other.elapsed for other in others) else 0


letters = "".join(sorted(read.numbers, key=ending))


# %% repair
# Three kinds of jobs got lost. When the deadline strikes, `Cancelled` ends the loop in the middle,
# and the list that it was building is gone: but the report has the values. `never_started` does
# not have the jobs that were cut short. And the pool knows only what was submitted: with a buffer
# of two, the deadline comes before the submitter has come to the last jobs.
def by_the_deadline(jobs, workers, process, timeout):
    pool = WorkerPool(process, workers=workers, buffer=2)
    with suppress(Cancelled), pool.start(Context(timeout=timeout)):
        for job in jobs:
            pool.submit(job)
    report = pool.report
    not_submitted = jobs[len(report.submitted) :]
    return report.values, [*report.cancelled, *report.never_started, *not_submitted]


# %% extend
# The report of one shift says what the next one has to do: what was cut short, and what was never
# started. With a buffer for all jobs the submitter never waits, so all of them are in the report.
# A job that was cut short begins anew, so one that takes longer than a shift would never be done,
# and the loop would never end.
def in_shifts(jobs, workers, process, seconds):
    reports = []
    while jobs:
        pool = WorkerPool(process, workers=workers, buffer=len(jobs))
        with suppress(Cancelled), pool.start(Context(timeout=seconds)):
            for job in jobs:
                pool.submit(job)
        reports.append(pool.report)
        jobs = pool.report.cancelled + pool.report.never_started
    return reports


# %% build
# Two deadlines for two audiences. The submitter hears the first one, wherever it waits: in
# `submit`, or for its next job. The workers do not, since the inner group is not theirs; they hear
# the pool's own. Leaving the pool's block closes it and waits until what it has is done.
def until_closing(jobs, workers, process, closing, grace):
    pool = WorkerPool(process, workers=workers, buffer=2)

    def submit():
        with suppress(Cancelled), TaskGroup(Context(timeout=closing)):
            for job in jobs:
                pool.submit(job)

    with suppress(Cancelled), pool.start(Context(timeout=closing + grace)):
        submit()
    return pool.report
