"""The capstone of a polite crawler: links lead to pages, and hosts are not asked too much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.model.run import Run
from lab.teaching.demands import demand_several
from lab.teaching.expect import NEARLY, expect_elapsed, expect_same
from lab.teaching.grading import NotYet
from lab.teaching.problem import Task
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import kind, plural
from patterns.concurrency import now, sleep

__all__ = ["crawler", "host_of", "stubborn"]


def host_of(page: str) -> str:
    """Return the host of a page: "dogs" of "dogs/7"."""
    return page.partition("/")[0]


class NoAnswer(Exception):
    """An error of no type that an answer could know."""


@dataclass(frozen=True)
class Site:
    """Pages that link to each other, and how a crawler is to fetch them.

    Attributes:
        name: what a sentence about it begins with.
        links: from each page to others.
        start: the pages to begin with.
        workers: pages that may be fetched at a time.
        per_host: pages that may be fetched from one host at a time.
        seconds: that it takes if nobody waits who could fetch a page.
        at_once: pages that can be fetched at a time.
        slow: seconds that a page takes, if it is not 1.
        fails: how often a page cannot be fetched before it can.
        gone: pages that do not exist.
        tries: how often a page is tried before it is given up.
        pause: seconds before the second try.
        first_by: seconds by which each page is tried the first time; None: at any time.
        statements: whether it is run statement by statement.
    """

    name: str
    links: Mapping[str, Sequence[str]]
    start: tuple[str, ...]
    workers: int
    per_host: int
    seconds: float
    at_once: int
    slow: Mapping[str, float] = field(default_factory=dict)
    fails: Mapping[str, int] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    tries: int = 1
    pause: float = 1.0
    first_by: float | None = None
    statements: bool = False

    @property
    def lost(self) -> list[str]:
        """The pages that are given up."""
        return [page for page in self.reached if not self.can_be_had(page)]

    @property
    def found(self) -> list[str]:
        """The pages that can be had."""
        return [page for page in self.reached if self.can_be_had(page)]

    @property
    def reached(self) -> list[str]:
        """The pages that links lead to from the first ones, each once."""
        reached = list(dict.fromkeys(self.start))
        for page in reached:
            if self.can_be_had(page):
                reached += [link for link in dict.fromkeys(self.links[page]) if link not in reached]
        return reached

    def can_be_had(self, page: str) -> bool:
        """Tell whether a page can be fetched in as many tries as there are."""
        return page not in self.gone and self.fails.get(page, 0) < self.tries

    def tries_of(self, page: str) -> int:
        """How often a page is to be tried."""
        return 1 if page in self.gone else min(self.fails.get(page, 0) + 1, self.tries)


@dataclass
class Visits:
    """What was seen of a crawl.

    Attributes:
        value: what the crawler returned.
        begun: when a page began to be fetched (virtual seconds), by page.
        ended: and when this ended.
        peak: the most pages that were fetched at a time.
        peaks: the most of each host.
    """

    value: Any = None
    begun: dict[str, list[float]] = field(default_factory=dict)
    ended: dict[str, list[float]] = field(default_factory=dict)
    peak: int = 0
    peaks: Counter[str] = field(default_factory=Counter)


def _crawled(crawl: Any, site: Site, *more: Any) -> Visits:
    visits, busy = Visits(), Counter[str]()

    def fetch(page: str) -> list[str]:
        if page not in site.links:
            raise NotYet(f"it fetches {page!r}, and no link leads there")
        host = host_of(page)
        visits.begun.setdefault(page, []).append(now())
        busy[host] += 1
        visits.peaks[host] = max(visits.peaks[host], busy[host])
        visits.peak = max(visits.peak, busy.total())
        try:
            sleep(site.slow.get(page, 1.0))
        finally:
            busy[host] -= 1
            visits.ended.setdefault(page, []).append(now())
        if page in site.gone:
            raise FileNotFoundError(f"there is no {page}")
        if len(visits.begun[page]) <= site.fails.get(page, 0):
            raise (NoAnswer if page.endswith("1") else ConnectionError)(f"{page} does not answer")
        return [*site.links[page]]

    visits.value = crawl([*site.start], fetch, site.workers, site.per_host, *more)
    return visits


def _pages(value: Any) -> Any:
    return [*value] if isinstance(value, set | frozenset | dict) else value


def _at_the_same_time(run: Run[Visits], site: Site) -> None:
    demand_several(run.value.peak, site.at_once, "fetches", "page", "fetched")


def _all_found(run: Run[Visits], site: Site) -> None:
    expect_same(_pages(run.value.value), site.found, "pages")


def _once(run: Run[Visits], site: Site) -> None:
    for page, begun in run.value.begun.items():
        if len(begun) > 1:
            raise NotYet(f"it fetches {page} {_times(len(begun))}")


def _within_workers(run: Run[Visits], site: Site) -> None:
    if run.value.peak > site.workers:
        raise NotYet(
            f"it fetches {plural(run.value.peak, 'page')} at a time, and {site.workers} "
            f"{_may(site.workers)}"
        )


def _within_host(run: Run[Visits], site: Site) -> None:
    for host, peak in run.value.peaks.items():
        if peak > site.per_host:
            raise NotYet(
                f"it fetches {peak} pages of the host {host} at a time, and {site.per_host} "
                f"{_may(site.per_host)}"
            )


def _may(number: int) -> str:
    return "is allowed" if number == 1 else "are allowed"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _no_longer(run: Run[Visits], site: Site) -> None:
    if run.elapsed > site.seconds + NEARLY:
        raise NotYet(
            f"it took {run.elapsed:g} s, and {site.seconds:g} s are enough: somebody waits who "
            "could fetch a page"
        )
    expect_elapsed(run, site.seconds)


def _crawl_of(site: Site) -> Trial:
    return Trial(
        site.name,
        lambda crawl: _crawled(crawl, site),
        site,
        schedules=40 if site.statements else 8,
        statements=site.statements,
    )


def _star(middle: str, *others: str) -> dict[str, list[str]]:
    return {middle: [*others], **{other: [middle] for other in others}}


def _sites() -> list[Trial]:
    cats, dogs = [f"cats/{n}" for n in range(5)], [f"dogs/{n}" for n in range(1, 5)]
    hosts = [f"host{n}/home" for n in range(1, 7)]
    alike = ["cats/1", "cats/2", "cows/1", "cows/2"]
    chain = {"cats/0": ["dogs/0"], "dogs/0": ["hens/0"], "hens/0": ["cats/0"]}
    slow = _star("cats/0", "cats/slow", "dogs/1")
    slow |= {"dogs/1": ["dogs/2"], "dogs/2": ["dogs/3"], "dogs/3": []}
    knot = {"cats/0": ["cats/0", "cats/1", "cats/1"], "cats/1": ["cats/0"]}
    meeting = {"cats/0": ["hens/0"], "dogs/0": ["hens/0"], "pigs/0": ["hens/0"], "hens/0": []}
    sites = [
        Site("with a site on 2 hosts", _star(*cats, *dogs), ("cats/0",), 4, 2, 3, 4),
        Site("with a page that takes 5 s", slow, ("cats/0",), 3, 3, 6, 2, {"cats/slow": 5}),
        Site("with a chain of 3 pages", chain, ("cats/0",), 2, 1, 3, 1),
        Site("with 1 page at a time from a host", _star(*cats), ("cats/0",), 5, 1, 5, 1),
        Site("with 6 hosts and 2 workers", {h: [] for h in hosts}, (*hosts,), 2, 2, 3, 2),
        Site("with 3 workers who may all ask 1 host", _star(*cats), ("cats/0",), 3, 4, 3, 3),
        Site("with the hosts cats and cows", {p: [] for p in alike}, (*alike,), 4, 1, 2, 2),
        Site("with no pages", {}, (), 2, 1, 0, 0),
        Site(
            "with a page that is twice in `start`, and links that come twice",
            knot,
            ("cats/0", "cats/0"),
            2,
            2,
            2,
            1,
        ),
        Site(
            "with 3 pages that link to the same one",
            meeting,
            (*meeting,)[:3],
            3,
            1,
            2,
            3,
            statements=True,
        ),
    ]
    return [*map(_crawl_of, sites)]


crawler = Task(
    "capstones/crawler",
    kind="build",
    title="A polite crawler",
    minutes=40,
    goal="You can build a pool whose jobs find more jobs, and which knows when nothing is left.",
    text=(
        "A crawler fetches pages, finds links in them, and follows these. Write "
        "`crawl(start, fetch, workers, per_host)`, which returns a list of every page that can be "
        "reached from the pages in the list `start`, those included: each once, in any order.\n\n"
        "`fetch(page)` takes a while, for some pages longer than for others, and returns a list of "
        "the pages that this one links to. Links may lead back or in circles, and the same link "
        "may come twice. `host_of(page)` is a page's host: `dogs` for `dogs/7`.\n\n"
        "- No page is fetched twice, even if `start` names it twice, or two tasks find it at the "
        "same moment.\n"
        "- At most `workers` pages are fetched at a time, and of these at most `per_host` from "
        "the same host.\n"
        "- No needless wait: a page that these limits allow is fetched at once. A host with many "
        "pages holds up only its own.\n"
        "- It ends when no page is left to fetch and none is being fetched, as each of these may "
        "bring more.\n\n"
        "The crawler below is right but slow: it fetches one page after the other."
    ),
    answer="crawl",
    parameters="start, fetch, workers, per_host",
    trials=_sites,
    demands=[
        ends(2),
        Demand("pages are fetched at the same time", 1, _at_the_same_time, needed=True),
        Demand("no page is fetched twice", 2, _once),
        Demand("every page that links lead to is returned, once", 2, _all_found, needed=True),
        Demand("no more pages than `workers` are fetched at a time", 2, _within_workers),
        Demand("no more than `per_host` of them are of one host", 3, _within_host),
        Demand("nobody waits while there is a page that may be fetched", 3, _no_longer),
    ],
    praise="every page once, no host asked too much, and no needless wait",
    hints=[
        "Let one task alone decide what is fetched: it knows all pages seen so far, and nobody "
        "else touches that set. The others only fetch, and send it the links that they found.",
        "When is it over? The deciding task counts: one more for each page that it gives out, one "
        "less for each page whose links came back. At 0 nothing can come any more.",
        "A worker that has taken a page of a busy host, and waits for it, could fetch from another "
        "host meanwhile. Give each host a channel of its own, and `per_host` tasks that read it.",
        "All hosts together must not fetch more than `workers` pages. A `Channel(workers)` can "
        "count them: send something before you fetch, receive it afterwards.",
    ],
)


# The same, where pages may fail.


def _tried(run: Run[Visits], site: Site) -> None:
    for page in site.reached:
        if page in site.gone:
            continue
        tried, expected = len(run.value.begun.get(page, [])), site.tries_of(page)
        if tried > expected:
            then = "then it has answered" if site.can_be_had(page) else "then it is given up"
            raise NotYet(
                f"it fetches {page} {_times(tried)}, and {_times(expected)} is right: {then}"
            )
        if tried < expected:
            if not tried:
                raise NotYet(f"it does not fetch {page}, and {_times(expected)} is right")
            raise NotYet(
                f"it fetches {page} {_times(tried)}, and {_times(expected)} is right: it may "
                "answer yet"
            )


def _gone_once(run: Run[Visits], site: Site) -> None:
    for page in site.gone:
        tried = len(run.value.begun.get(page, []))
        if tried > 1:
            raise NotYet(f"it fetches {page} {_times(tried)}, which does not exist")


def _returned(run: Run[Visits], place: int) -> Any:
    value = run.value.value
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise NotYet(
            f"it returned {kind(value)}, not two lists: the pages found, and those given up"
        )
    return _pages(value[place])


def _found_in_spite(run: Run[Visits], site: Site) -> None:
    expect_same(_returned(run, 0), site.found, "pages")


def _given_up(run: Run[Visits], site: Site) -> None:
    expect_same(_returned(run, 1), site.lost, "pages given up")


def _backs_off(run: Run[Visits], site: Site) -> None:
    for page, begun in run.value.begun.items():
        for number, (ended, again) in enumerate(
            zip(run.value.ended[page], begun[1:], strict=False), start=1
        ):
            pause = site.pause * 2 ** (number - 1)
            if again - ended < pause - NEARLY:
                raise NotYet(
                    f"it tries {page} again {again - ended:g} s after failure number {number}, "
                    f"and the pause is {pause:g} s"
                )


def _goes_on_meanwhile(run: Run[Visits], site: Site) -> None:
    if site.first_by is None:
        return
    for page, (first, *_) in run.value.begun.items():
        if first > site.first_by + NEARLY:
            raise NotYet(
                f"it comes to {page} at {first:g} s: a page that waits for its next try holds up "
                f"the others, which could all have begun by {site.first_by:g} s"
            )


def _within_both(run: Run[Visits], site: Site) -> None:
    _within_workers(run, site)
    _within_host(run, site)


def _stubborn_crawl_of(site: Site) -> Trial:
    return Trial(
        site.name,
        lambda crawl: _crawled(crawl, site, site.tries, site.pause),
        site,
        schedules=40 if site.statements else 8,
        statements=site.statements,
    )


def _failing_sites() -> list[Trial]:
    cats = [f"cats/{n}" for n in range(5)]
    both = {"cats/0": ["cats/1", "dogs/1"], "cats/1": ["cats/0"], "dogs/1": ["dogs/2"]}
    both["dogs/2"] = ["dogs/1"]
    lost = {"cats/0": ["cats/1", "dogs/1"], "cats/1": ["hens/1"], "dogs/1": []}
    waiting = {"cats/0": ["cats/1", "cats/2", "hens/1"], "cats/1": [], "cats/2": []}
    waiting |= {"hens/0": [], "hens/1": []}
    meeting = {"cats/0": ["hens/0"], "dogs/0": ["hens/0"], "pigs/0": ["hens/0"], "hens/0": []}
    all_cats = _star(*cats)
    sites = [
        Site(
            "with pages that fail once or three times",
            both,
            ("cats/0",),
            *(3, 2, 20, 2),
            fails={"cats/1": 1, "dogs/1": 3},
            tries=4,
            pause=2,
        ),
        Site(
            "with a page that always fails and one that does not exist",
            lost,
            ("cats/0",),
            *(3, 2, 7, 2),
            fails={"cats/1": 99},
            gone=frozenset(["dogs/1"]),
            tries=3,
        ),
        Site(
            "with a page that waits 10 s for its next try",
            waiting,
            ("cats/0", "hens/0"),
            *(2, 1, 12, 2),
            fails={"hens/0": 1},
            tries=2,
            pause=10,
            first_by=2,
        ),
        Site(
            "with 4 pages of a host that all fail once",
            all_cats,
            ("cats/0",),
            *(4, 2, 5, 2),
            fails=dict.fromkeys(cats[1:], 1),
            tries=2,
            pause=0.5,
        ),
        Site(
            "with a first page that fails",
            meeting,
            ("cats/0",),
            *(2, 2, 6, 1),
            fails={"cats/0": 1},
            tries=2,
            pause=3,
        ),
        Site(
            "with 1 try for each page",
            meeting,
            ("cats/0", "dogs/0"),
            *(2, 2, 2, 2),
            fails={"cats/0": 1},
        ),
        Site("with no pages", {}, (), 2, 1, 0, 0, tries=3),
        Site(
            "with 3 pages that fail once and link to the same one",
            meeting,
            ("cats/0", "dogs/0", "pigs/0"),
            *(3, 1, 4, 3),
            fails={"cats/0": 1, "dogs/0": 1, "pigs/0": 1},
            tries=2,
            statements=True,
        ),
    ]
    return [*map(_stubborn_crawl_of, sites)]


stubborn = Task(
    "capstones/stubborn",
    kind="extend",
    title="A polite crawler that does not give up at once",
    minutes=30,
    goal="You can try failed jobs again, later each time, and hold up nobody meanwhile.",
    text=(
        "Networks fail. Now `fetch` may raise: `FileNotFoundError` for a "
        "page that does not exist, and any other exception for one that may well answer a little "
        "later. Extend your crawler to `crawl_on(start, fetch, workers, per_host, tries, pause)`, "
        "which returns two lists: the pages that were fetched, and those that were given up.\n\n"
        "- A page that fails is tried again, `tries` times in all, and then given up. One that "
        "does not exist is given up at once.\n"
        "- Before the second try there are at least `pause` seconds, before the third one twice "
        "as many, then four times as many: counted from the failure before.\n"
        "- A page that waits for its next try takes up no place, neither among the `workers` nor "
        "among the `per_host`. But its next try needs one, like the first.\n"
        "- All else is as before.\n\n"
        "The crawler below fetches one page after the other, and gives up every page that fails."
    ),
    answer="crawl_on",
    parameters="start, fetch, workers, per_host, tries, pause",
    trials=_failing_sites,
    demands=[
        ends(2),
        Demand("pages are fetched at the same time", 1, _at_the_same_time, needed=True),
        Demand("each page is tried as often as it should be", 2, _tried),
        Demand("what does not exist is tried once", 1, _gone_once),
        Demand("the pages that fail for a while are among those found", 2, _found_in_spite, True),
        Demand("the second list has the pages given up, once", 2, _given_up),
        Demand("the pauses are as long as they should be, and double", 2, _backs_off),
        Demand(
            "no more than `workers` pages, and `per_host` of a host, at a time", 2, _within_both
        ),
        Demand("a page that waits for its next try holds up nobody", 3, _goes_on_meanwhile),
        Demand("nobody waits while there is a page that may be fetched", 1, _no_longer),
    ],
    praise="every page that could be had was found, and no page that waited held up another",
    hints=[
        "`attempt(fetch, page)` returns a `Succeeded` or a `Failed`, whatever happens. That is "
        "something that a task can send to the one who decides.",
        "How often a page was tried has to be known when it fails. Send the number along with the "
        "page, or let the deciding task keep it.",
        "Who waits? Not the task that fetches: it holds a place. Spawn a task for each pause, that "
        "sleeps and then puts the page into its host's channel again.",
        "A page that waits for its next try is still to come: count it as pending, or the crawl "
        "ends without it.",
    ],
)
