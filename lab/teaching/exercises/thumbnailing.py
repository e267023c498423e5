"""The capstone of an autoscaled thumbnailer: decoders are opened as they are needed, and break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lab.model.run import Run
from lab.teaching.demands import demand_several
from lab.teaching.expect import NEARLY, expect_elapsed, expect_same
from lab.teaching.grading import NotYet
from lab.teaching.problem import Task
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import kind, plural
from patterns.concurrency import Cancelled, Context, now, sleep

__all__ = ["broken", "shrinker"]


@dataclass(frozen=True)
class Album:
    """Images, and how they are to be shrunk.

    Attributes:
        name: what a sentence about it begins with.
        images: when each comes (seconds), and how long it takes (seconds).
        most: decoders that may be open.
        seconds: that it takes.
        at_once: images that can be shrunk at a time.
        least: decoders that are open at any time.
        patience: seconds after which an idle decoder is closed.
        grown: moments (seconds), and how many decoders are open then because there is work.
        shrunk: the same, because there is none.
        crash: places of images, from 1, at which a decoder breaks after 1 s.
        hang: places of those at which it hangs for ever.
        limit: seconds that an image may take.
        stop: seconds until no more images are to be taken; None: all are.
        endless: whether an image like the last one comes every second after it.
        silent: whether the source falls silent after the last image, rather than end.
        statements: whether it is run statement by statement.
    """

    name: str
    images: tuple[tuple[float, float], ...]
    most: int
    seconds: float
    at_once: int
    least: int = 1
    patience: float = 5.0
    grown: tuple[tuple[float, int], ...] = ()
    shrunk: tuple[tuple[float, int], ...] = ()
    crash: frozenset[int] = frozenset()
    hang: frozenset[int] = frozenset()
    limit: float = 5.0
    stop: float | None = None
    endless: bool = False
    silent: bool = False
    statements: bool = False

    def takes(self, place: int) -> float:
        """How many seconds the image at this place takes."""
        return self.images[min(place, len(self.images)) - 1][1]

    def thumbnail(self, place: int) -> str | None:
        """What the image at this place becomes."""
        return None if place in self.crash | self.hang else f"small image {place}"


@dataclass
class Studio:
    """What was seen of the images and the decoders.

    Attributes:
        value: what the thumbnailer returned.
        taken: when each image was taken from the source (virtual seconds).
        opened: each time a decoder was opened or closed, and how many were open then.
        busy: images in work now.
        peak: the most at a time.
        misused: what was done with a decoder that must not be.
        cut: the place of each image that was cut short, and after how many seconds.
        waited: the place of each image that hung and was not cut short.
        broken: that of each image that was given to a decoder that was broken.
    """

    value: Any = None
    taken: list[float] = field(default_factory=list)
    opened: list[tuple[float, int]] = field(default_factory=list)
    busy: int = 0
    peak: int = 0
    misused: list[str] = field(default_factory=list)
    cut: list[tuple[int, float]] = field(default_factory=list)
    waited: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)

    def open_at(self, time: float) -> int:
        """How many decoders were open at a time."""
        return next((number for when, number in reversed(self.opened) if when <= time), 0)


def _shrunk(thumbnails: Any, album: Album, *more: Any) -> Studio:
    studio, opened = Studio(), 0

    def source() -> Iterator[str]:
        for place in count(1):
            if place <= len(album.images):
                sleep(max(0.0, album.images[place - 1][0] - now()))
            elif album.endless:
                sleep(1)
            else:
                sleep(1000 if album.silent else 0)
                return
            studio.taken.append(now())
            yield f"image {place}"

    @contextmanager
    def decoder() -> Iterator[Callable[[str], str]]:
        nonlocal opened
        state, busy = "open", False

        def shrink(image: str) -> str:
            nonlocal state, busy
            place = int(image.removeprefix("image "))
            if state == "closed":
                studio.misused.append(f"it uses a decoder for {image} that is closed")
            if busy:
                studio.misused.append(f"it gives {image} to a decoder that has another in work")
            if state == "broken":
                studio.broken.append(place)
                raise RuntimeError("the decoder is broken")
            began, busy = now(), True
            studio.busy += 1
            studio.peak = max(studio.peak, studio.busy)
            try:
                if place in album.crash:
                    sleep(1)
                    state = "broken"
                    raise OSError(f"the decoder broke at {image}")
                if place in album.hang:
                    sleep(1000)
                    studio.waited.append(place)
                sleep(album.takes(place))
            except Cancelled:
                state = "broken"
                studio.cut.append((place, now() - began))
                raise
            finally:
                busy = False
                studio.busy -= 1
            return f"small {image}"

        opened += 1
        studio.opened.append((now(), opened))
        try:
            yield shrink
        finally:
            state = "closed"
            opened -= 1
            studio.opened.append((now(), opened))

    opening: Callable[[], AbstractContextManager[Callable[[str], str]]] = decoder
    studio.value = thumbnails(source(), opening, *more)
    return studio


def _at_the_same_time(run: Run[Studio], album: Album) -> None:
    demand_several(run.value.peak, album.at_once, "shrinks", "image", "shrunk")


def _expected(run: Run[Studio], album: Album) -> list[str | None]:
    return [album.thumbnail(place) for place in range(1, len(run.value.taken) + 1)]


def _all_shrunk(run: Run[Studio], album: Album) -> None:
    expected = _expected(run, album)
    if album.stop is None and len(expected) < len(album.images):
        raise NotYet(f"it takes {len(expected)} of {len(album.images)} images")
    expect_same(run.value.value, expected, "thumbnails")


def _in_order(run: Run[Studio], album: Album) -> None:
    for place, (got, right) in enumerate(
        zip(run.value.value, _expected(run, album), strict=False), start=1
    ):
        if got != right:
            raise NotYet(f"its thumbnail number {place} is {got!r}, and should be {right!r}")


def _used_alone(run: Run[Studio], album: Album) -> None:
    if run.value.misused:
        raise NotYet(run.value.misused[0])


def _not_too_many(run: Run[Studio], album: Album) -> None:
    most = max((number for _, number in run.value.opened), default=0)
    if most > album.most:
        may = "is allowed" if album.most == 1 else "are allowed"
        raise NotYet(f"it has {plural(most, 'decoder')} open at a time, and {album.most} {may}")


def _not_too_few(run: Run[Studio], album: Album) -> None:
    last = max(run.value.taken, default=0.0)
    for time in sorted({0.0, *(time for time, _ in run.value.opened)}):
        if time >= last:
            return
        if (number := run.value.open_at(time)) < album.least:
            has = plural(number, "decoder") if number else "no decoder"
            raise NotYet(f"it has {has} open at {time:g} s, and {album.least} should always be")


def _grows(run: Run[Studio], album: Album) -> None:
    for time, number in album.grown:
        if (found := run.value.open_at(time)) != number:
            raise NotYet(
                f"it has {plural(found, 'decoder')} open at {time:g} s, and should have {number}"
            )


def _shrinks(run: Run[Studio], album: Album) -> None:
    for time, number in album.shrunk:
        if (found := run.value.open_at(time)) != number:
            raise NotYet(
                f"it has {plural(found, 'decoder')} open at {time:g} s, when none is at work, and "
                f"should have {number}: the patience is {album.patience:g} s"
            )


def _no_longer(run: Run[Studio], album: Album) -> None:
    expect_elapsed(run, album.seconds)
    if number := run.value.opened[-1][1] if run.value.opened else 0:
        raise NotYet(f"it leaves {plural(number, 'decoder')} open at the end")


def _trial(album: Album, call: Callable[[Any], Studio]) -> Trial:
    schedules = 40 if album.statements else 8
    return Trial(album.name, call, album, schedules=schedules, statements=album.statements)


def _album_of(album: Album) -> Trial:
    return _trial(album, lambda t: _shrunk(t, album, album.least, album.most, album.patience))


def _albums() -> list[Trial]:
    apart = tuple((3.0 * n, 1.0) for n in range(5))
    flow = tuple((1.0 * n, 2.5) for n in range(6))
    burst = ((0.0, 2.0),) * 4
    one_by_one = ((0.5, 1), (1.5, 2), (2.5, 3), (4.5, 3))
    albums = [
        Album("with 6 images at once", ((0, 2),) * 6, 3, 4, 3, grown=((1, 3),)),
        Album("with images of 3, 1, 2 and 1 s", ((0, 3), (0, 1), (0, 2), (0, 1)), 2, 4, 2, 2),
        Album("with 2 images and 10 decoders", ((0, 2),) * 2, 10, 2, 2, grown=((1, 2),)),
        Album("with an image each second", flow, 5, 7.5, 3, patience=9, grown=one_by_one),
        Album(
            "with 4 images at once and one 20 s later",
            (*burst, (20, 2)),
            *(4, 22, 4),
            grown=((1, 4),),
            shrunk=((6.5, 4), (8, 1)),
        ),
        Album("with an image now and then", apart, 4, 13, 1, 2, 2, shrunk=((2.5, 2), (8, 2))),
        Album("with no images", (), 2, 0, 0),
        Album("with 5 images", ((0, 1),) * 5, 3, 2, 3, grown=((0.5, 3),), statements=True),
    ]
    return [*map(_album_of, albums)]


shrinker = Task(
    "capstones/shrinker",
    kind="build",
    title="A thumbnailer that grows and shrinks",
    minutes=35,
    goal="You can let a pool grow with its queue, and shrink when there is nothing to do.",
    text=(
        "Whoever shrinks images needs a decoder, and an open decoder costs a lot of memory. Write "
        "`thumbnails(images, decoder, least, most, patience)`, which returns the thumbnails of all "
        "images in a list, in the order of the images.\n\n"
        "`images` is an iterator: it may take a while until the next image comes. "
        "`with decoder() as shrink:` opens a decoder, for as long as the block lasts, and "
        "`shrink(image)` takes a while and returns the thumbnail. A decoder shrinks one image at a "
        "time.\n\n"
        "- `least` decoders are open from the beginning until no more images come, and never more "
        "than `most`.\n"
        "- When an image comes and there is none free for it, another decoder is opened at once, "
        "unless there are `most`. If `most` are busy, images wait, and no decoder is idle while "
        "one waits.\n"
        "- A decoder that had nothing to do for `patience` seconds is closed, unless only `least` "
        "are open.\n"
        "- It ends when the last image is done, and leaves no decoder open.\n\n"
        "What is here uses one decoder."
    ),
    answer="thumbnails",
    parameters="images, decoder, least, most, patience",
    trials=_albums,
    demands=[
        ends(1),
        Demand("images are shrunk at the same time", 1, _at_the_same_time, needed=True),
        Demand("there is a thumbnail of every image", 1, _all_shrunk, needed=True),
        Demand("the thumbnails are in the order of the images", 2, _in_order),
        Demand("a decoder has one image at a time, and only while it is open", 1, _used_alone),
        Demand("no more than `most` decoders are open", 2, _not_too_many),
        Demand("no fewer than `least` are open while images come", 1, _not_too_few),
        Demand("decoders are opened when images need them, and not before", 2, _grows),
        Demand("idle decoders are closed after `patience`, but for `least`", 2, _shrinks),
        Demand("no image waits longer than it must", 2, _no_longer),
    ],
    praise="the decoders come and go with the images, and the thumbnails are in their order",
    hints=[
        "A worker is a task that opens a decoder and keeps it until it leaves: its whole loop "
        "stands inside the `with` block. To open another decoder is to spawn another worker.",
        "Who grows? Whoever takes the images from the iterator: with each image it knows how many "
        "are in the queue or in work, and how many workers there are. Both change in other tasks: "
        "`AtomicInt`.",
        "Who shrinks? Each worker itself: `queue.receive(Context(timeout=patience))` raises "
        "`DeadlineExceeded` when nothing came for so long.",
        "Two workers that look at the same moment must not both leave when only one may: "
        "`compare_and_swap(number, number - 1)` succeeds for one of them.",
        "For the order, send each image with its number, and put the thumbnail into a dictionary.",
    ],
)


# The same, where images break decoders, and somebody says stop.


def _returned_all(run: Run[Studio], album: Album) -> None:
    value, expected = run.value.value, _expected(run, album)
    if not isinstance(value, list | tuple):
        raise NotYet(f"it returned {kind(value)}, not a list of thumbnails")
    if album.stop is None and len(expected) < len(album.images):
        raise NotYet(f"it takes {len(expected)} of {len(album.images)} images")
    if len(value) != len(expected):
        raise NotYet(
            f"it returned {plural(len(value), 'thing')} for {plural(len(expected), 'image')} that "
            "it took"
        )


def _good_ones(run: Run[Studio], album: Album) -> None:
    _returned_all(run, album)
    for place, right in enumerate(_expected(run, album), start=1):
        if right is not None and right not in run.value.value:
            raise NotYet(f"it has no thumbnail of image {place}, with which nothing is wrong")


def _in_place(run: Run[Studio], album: Album) -> None:
    _returned_all(run, album)
    _in_order(run, album)


def _cut_in_time(run: Run[Studio], album: Album) -> None:
    if run.value.waited:
        raise NotYet(f"it does not cut short image {run.value.waited[0]}, which hangs")
    for place, seconds in run.value.cut:
        if place in album.hang and abs(seconds - album.limit) > NEARLY:
            raise NotYet(
                f"it cuts short image {place} after {seconds:g} s, and the limit is "
                f"{album.limit:g} s"
            )
        if place not in album.hang:
            raise NotYet(
                f"it cuts short image {place} after {seconds:g} s, with which nothing is wrong"
            )


def _new_decoder(run: Run[Studio], album: Album) -> None:
    if run.value.broken:
        raise NotYet(f"it gives image {run.value.broken[0]} to a decoder that is broken")


def _stops(run: Run[Studio], album: Album) -> None:
    if album.stop is not None and run.value.taken[-1] > album.stop + NEARLY:
        raise NotYet(
            f"it takes an image at {run.value.taken[-1]:g} s, and was told to stop at "
            f"{album.stop:g} s"
        )


def _broken_album_of(album: Album) -> Trial:
    return _trial(
        album,
        lambda t: _shrunk(t, album, album.most, album.limit, Context(timeout=album.stop)),
    )


def _broken_albums() -> list[Trial]:
    two, endless = ((0.0, 2.0),) * 4, ((1.0, 2.5),)
    albums = [
        Album("with 4 images", two, 2, 4, 2),
        Album("with a second image that crashes", two, 2, 4, 2, crash=frozenset([2])),
        Album("with a first image that hangs", two[:3], 2, 5, 2, hang=frozenset([1])),
        Album("with images of 4.5 and 1 s", ((0, 4.5), (0, 1), (0, 1)), 2, 4.5, 2),
        Album(
            "with 1 decoder and 3 of 5 images bad",
            (*two, (0, 2)),
            *(1, 9, 1),
            crash=frozenset([1, 4]),
            hang=frozenset([2]),
            limit=3,
        ),
        Album("with stop at 4.5 s", endless, 3, 6.5, 3, stop=4.5, endless=True),
        Album("with stop while 4 images wait", (*two, (0, 2)), 1, 10, 1, stop=3, silent=True),
        Album("with no images", (), 2, 0, 0),
        Album(
            "with an image each second of which 2 crash",
            tuple((float(second), 2.5) for second in range(1, 9)),
            *(3, 10.5, 3),
            crash=frozenset([1, 2]),
        ),
        Album(
            "with 4 images of which 2 crash",
            ((0, 1),) * 4,
            *(2, 2, 2),
            crash=frozenset([1, 4]),
            statements=True,
        ),
    ]
    return [*map(_broken_album_of, albums)]


broken = Task(
    "capstones/broken",
    kind="extend",
    title="A thumbnailer that nothing brings down",
    minutes=30,
    goal="You can let a job that crashes or hangs cost only itself, and shut down without loss.",
    text=(
        "Some images are not what they seem. Write "
        "`thumbnails_on(images, decoder, workers, limit, stop)`, with a fixed number of workers "
        "this time: at most `workers` decoders are open. It returns a list with a place for each "
        "image that was taken from `images`, in their order: the thumbnail, or None if there is "
        "none.\n\n"
        "- `shrink` may raise an exception, and it may hang: an image that takes longer than "
        "`limit` seconds is cut off then (it hears a cancel).\n"
        "- After that its decoder is broken, and raises an exception at every image. Close it and "
        "open another, so that the next image does not suffer, and as many are in work as before.\n"
        "- `stop` is a `Context`. Once it is cancelled, no more images are taken, even if somebody "
        "is waiting for the next one; but all that were taken are still shrunk. Then it ends, and "
        "leaves no decoder open.\n"
        "- Images that wait may be as many as there are: take them as they come.\n\n"
        "What is here uses one decoder, and falls with it."
    ),
    answer="thumbnails_on",
    parameters="images, decoder, workers, limit, stop",
    trials=_broken_albums,
    demands=[
        ends(1),
        Demand("images are shrunk at the same time", 1, _at_the_same_time, needed=True),
        Demand("a broken decoder is not used again", 2, _new_decoder),
        Demand("an image is cut short after `limit` seconds, and not before", 2, _cut_in_time),
        Demand("every good image that was taken has its thumbnail", 2, _good_ones, needed=True),
        Demand("each is in its place, and None where there is none", 2, _in_place),
        Demand("no image is taken after the stop", 2, _stops),
        Demand("a decoder has one image at a time, and only while it is open", 1, _used_alone),
        Demand("no more than `workers` decoders are open", 1, _not_too_many),
        Demand("it goes on with as many as before, and ends with the last image", 2, _no_longer),
    ],
    praise="each bad image cost only itself, and whatever was taken before the stop was done",
    hints=[
        "A worker uses one decoder after the other. Make a function of what it does with *one*: it "
        "returns when the decoder is broken or nothing is left, and says which of the two.",
        "`attempt(process, image)` turns whatever `process` raises into a result. A limit is a "
        "group with a context of its own: `with TaskGroup(Context(timeout=limit)):` around "
        "`shrink(image)`.",
        "Only whoever takes the images must hear `stop`: `with TaskGroup(stop):` around that loop, "
        "and not around the workers. `Cancelled` comes out of it; then close the queue.",
        "A queue of capacity `math.inf` never makes a send wait: so an image that was taken is in "
        "the queue, whatever comes.",
    ],
)
