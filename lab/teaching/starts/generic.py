# %% predict
end = None  # such as (9, 4): after 9 s, 4 jobs have succeeded

# %% read
letters = None  # such as "ABCD"


# %% repair
def my_pool(jobs, workers, process):
    pool, values = Pool(process, workers=workers), []
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(reusable.submit, jobs, pool)
        try:
            for value in pool.values():
                values.append(value)
        except Exception as error:
            print("a job failed, going on:", error)
    return values


# %% extend
def in_order(jobs, workers, process):
    pool = Pool(process, workers=workers)
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(reusable.submit, jobs, pool)
        return list(pool.values())


# %% build
def chain(jobs, stages):
    values = jobs
    for process, workers in stages:
        values = generic.run(values, process, workers=workers).values
    return list(values)
