# %% predict
# The first look after the last beat still sees a new one. From then on each look adds a missed
# beat, and the worker is given up as many looks later as may be missed.
interval, missed, beats = predict.numbers
first_look = math.ceil(beats[-1] / interval)
seconds = (first_look + missed) * interval


# %% read
# Two workers are enough if the job only raises. A job that hangs is never over; one that died is
# over when it did, long before anybody notices; one that comes back late is over after its worker
# was given up and another one came.
def fate_of(run):
    if len(run.trace.workers) == 2:
        return "raises"
    [lost] = [job.id for job in run.trace.jobs if job.id in map(str, run.value.failed)]
    bar = max((span for span in run.trace.spans if span.job == lost), key=lambda span: span.end)
    newcomer = min(span.start for span in run.trace.spans if span.worker == "worker-3")
    if bar.end < newcomer:
        return "dies"
    return "hangs" if bar.end >= run.elapsed else "late"


found = {fate_of(run): letter for letter, run in read.numbers.items()}
letters = found["hangs"] + found["dies"] + found["late"] + found["raises"]


# %% repair
# The heart was a task of its own. It beat whether pages came or not, so the supervisor never
# learned of the job that hangs, and the pool never ended. A beat must come from the work itself:
# one for each page. Whoever waits for a page in vain is silent. (A page takes 0.25 s, and three
# intervals are 0.3 s. If a page could take half a second, the supervisor would need more patience.)
def my_job(job, beat, pages):
    total = 0
    for page in pages:
        beat()
        total += page
    return total


# %% extend
# The pool may be closed when no job can come back: when each of them has been done, or has failed
# for good. So those are counted; with the last one the block is left, and that closes the pool.
# (Whether a second chance is right depends on the job: one that has sent half an order before it
# hung would send it twice.)
def second_chance(jobs, process):
    pool, final, unlucky = HeartbeatPool(process), {}, set()
    with pool.start():
        for job in jobs:
            pool.submit(job)
        while len(final) < len(jobs):
            result = next(pool.results())
            if isinstance(result.error, WorkerLost) and result.job not in unlucky:
                unlucky.add(result.job)
                pool.submit(result.job)
            else:
                final[result.job] = result
    return {job: result.value for job, result in final.items() if result.error is None}


# %% supervise
# Beats and the result come through one channel, so one `receive` hears of both, and a new context
# for each receive lets the silence begin anew. The channel has room for everything: who comes back
# after it was given up sends to nobody, and still ends.
def call(job, process, silence):
    news = Channel(math.inf, "news")

    def work():
        news.send(attempt(lambda job: process(job, lambda: news.send(None)), job))

    go(work, name="worker")
    while True:
        try:
            result = news.receive(Context(timeout=silence))
        except DeadlineExceeded:
            raise WorkerLost(f"nothing was heard of {job!r} for {silence:g} s") from None
        if result is not None:
            break
    if result.error is not None:
        raise result.error
    return result.value
