# %% predict
outcomes = None  # (succeeded, failed, cancelled, never started)

# %% read
letters = None  # such as "ABCD"


# %% repair
def my_pool(tasks, workers, timeout, process):
    waiting, started, results = filled(tasks), [], []

    def worker():
        for task in waiting:
            results.append(Succeeded(task, process(task)))
            started.append(task)

    with TaskGroup(Context(timeout=timeout)) as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
    return Report(tuple(tasks), tuple(started), tuple(results))


# %% extend
def retrying(process, attempts, pause):
    def patient(task):
        return process(task)

    return patient


# %% breaker
def breaking(process, failures, pause):
    def guarded(task):
        return process(task)

    return guarded
