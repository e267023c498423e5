# %% read
letters = None  # such as "ABCD"

# %% predict
figures = None  # (ms with threads, how many threads are enough, ms with processes)


# %% repair
def all_pages(executor, process, jobs, room):
    futures = [executor.submit(process, job) for job in jobs]
    return [future.result() for future in futures]


# %% choose
names = None  # such as ["threads", "threads", "queue_threads", "tasks", "patterns"]
