# %% predict
counts = None  # (distinct schedules, how many of them fail)

# %% read
totals = None  # of A, B and C, such as (12, 3, 7)

# %% order
turns = None  # such as ["worker-1", "worker-1", "worker-2", …]


# %% repair
def my_pool(jobs, workers):
    def worker():
        for job in queue:
            results.send(job * 2)
        left.store(left.load() - 1)
        if left.load() == 0:
            results.close()

    queue, results = filled(jobs), Channel(len(jobs), "results")
    left = AtomicInt(workers, "workers left")
    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        return list(results)


# %% extend
def right(run):
    return len(run.value) == 3
