# %% predict
seconds = None  # when `submit` has taken the last job

# %% read
letters = None  # such as "ABCD"


# %% repair
def by_the_deadline(jobs, workers, process, timeout):
    pool = WorkerPool(process, workers=workers, buffer=2)
    try:
        with pool.start(Context(timeout=timeout)), TaskGroup() as group:
            group.spawn(reusable.submit, jobs, pool)
            values = [result.value for result in pool.results()]
    except Cancelled:
        values = []
    return values, pool.report.never_started


# %% extend
def in_shifts(jobs, workers, process, seconds):
    pool = WorkerPool(process, workers=workers, buffer=len(jobs))
    with suppress(Cancelled), pool.start(Context(timeout=seconds)):
        for job in jobs:
            pool.submit(job)
    return [pool.report]


# %% build
def until_closing(jobs, workers, process, closing, grace):
    pool = WorkerPool(process, workers=workers, buffer=2)
    with suppress(Cancelled), pool.start(Context(timeout=closing)):
        for job in jobs:
            pool.submit(job)
    return pool.report
