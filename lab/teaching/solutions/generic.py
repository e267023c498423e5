# %% predict
# The bad job fails when its seconds are over, counted from when a worker took it. What is done
# before that has succeeded; whatever is in work then is cut short, however near to its end.
numbers = predict.numbers
begun = starts(numbers.seconds, numbers.workers)
over = [begin + took for begin, took in zip(begun, numbers.seconds, strict=True)]
fails = over[numbers.seconds.index(numbers.bad)]
end = (int(fails), sum(time < fails for time in over))


# %% read
# A run with a failure says so in its report. A program of one pool has one report. And of the two
# that are left, the connected one is done earlier, since it need not wait for the last download.
def program(letter):
    run = read.numbers[letter]
    if any(report.failed for report in run.value):
        return 3, 0
    if len(run.value) == 1:
        return 2, 0
    return 0, run.elapsed


letters = "".join(sorted(read.numbers, key=program))


# %% repair
# The loop caught the failure, printed it, and returned what there was: whoever called can no longer
# tell a good result from a missing one. The pool hands on the failure by itself, and cancels the
# rest. It is enough not to stand in the way. If the others should go on after a failure, let
# failures be results, as in the pool with error handling.
def my_pool(jobs, workers, process):
    pool = Pool(process, workers=workers)
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(reusable.submit, jobs, pool)
        return list(pool.values())


# %% extend
# Each job travels with its place, and so does its result: the pool is now one of pairs. Nothing is
# looked up by a job or a result, so it does not matter what these are. Nobody waits for anybody's
# turn, so it takes no longer; but it needs room for all results.
def in_order(jobs, workers, process):
    def with_its_place(pair):
        place, job = pair
        return place, process(job)

    pool = Pool(with_its_place, workers=workers)
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(reusable.submit, enumerate(jobs), pool)
        found = dict(pool.values())
    return [found[place] for place in range(len(jobs))]


# %% build
# One task between any two stages takes values from one pool and submits them to the next. All pools
# are open before the first task begins, and the tasks end before any pool is left. A failure comes
# out of `values()` in the task that reads there; this cancels the group, and so all the others.
def chain(jobs, stages):
    with ExitStack() as stack:
        pools = [
            stack.enter_context(Pool(process, workers=workers).start())
            for process, workers in stages
        ]
        submitters = stack.enter_context(TaskGroup())
        values = jobs
        for pool in pools:
            submitters.spawn(reusable.submit, values, pool)
            values = pool.values()
        return list(values)
