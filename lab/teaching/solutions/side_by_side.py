# %% read
# Each reason has its sign. Throttled workers have a limit, blocked ones cannot hand on a result.
# Where jobs come too slowly, they come over time; of the other two, one has jobs that are alike.
def reason(run):
    trace = trace_of(run)
    states = {span.state for span in trace.spans}
    if "throttled" in states:
        return "a limit holds jobs back"
    if "blocked" in states:
        return "results are taken too slowly"
    if max(job.submitted for job in trace.jobs) > 0:
        return "jobs come too slowly"
    alike = len(set(service_times(run))) == 1
    return "too few jobs for the last round" if alike else "a long job comes last"


by_reason = {reason(run): letter for letter, run in read.numbers.items()}
letters = "".join(letter for _, letter in sorted(by_reason.items()))


# %% predict
# No order comes below all the work divided by the workers, nor below the longest job. The makespan
# comes of giving each job to whoever is free first. Busy is work divided by workers x makespan.
seconds, workers = predict.numbers
run = simulate(basic.run, seconds, sleep, workers=workers)
figures = (max(sum(seconds) / workers, max(seconds)), makespan(run), 100 * utilisation(run))


# %% enough
# With as many workers as jobs, only the limit counts. Then look for the fewest with which it takes
# no longer: as many as have a job in hand at one time when nobody waits for a worker.
def took(workers, jobs, seconds, rate, burst, **_):
    done = simulate(
        rate_limited.run,
        range(jobs),
        lambda job: sleep(seconds),
        rate=rate,
        burst=burst,
        workers=workers,
    )
    return makespan(done)


given = enough.numbers
best = took(given["jobs"], **given)
fewest = next(n for n in range(1, given["jobs"] + 1) if took(n, **given) < best + 1e-6)
needed = (took(given["few"], **given), best, fewest)

# %% choose
# What is unusual in a description decides; where nothing is, the basic pool is the shortest.
pools = {
    "a list of jobs": "basic",
    "jobs that keep arriving": "reusable",
    "jobs that are worthless if one fails": "generic",
    "jobs that may fail, and a deadline": "error_handling",
    "a load that comes in waves": "dynamic",
    "somebody else's limit": "rate_limited",
    "jobs that may hang": "heartbeat",
}
names = [pools[need] for need in choose.numbers.values()]
