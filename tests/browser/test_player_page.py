"""The player in a browser: what it shows, by pointer, by keys, in the dark, and read aloud."""

from functools import partial

import pytest
from support import ROOT

from lab import Deadlock, explore, play, simulate
from patterns import basic, dynamic, error_handling, generic, heartbeat, pitfalls, rate_limited
from patterns.concurrency import sleep
from patterns.reusable import WorkerPool

BASIC = play(simulate(basic.demo, buffer=3))
SCRIPT = (ROOT / "lab" / "plots" / "player" / "player.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def failure():
    found = explore(
        pitfalls.check_then_act, callers=3, check=lambda run: run.value <= 2, schedules=50
    )
    return play(found.failure)


@pytest.fixture(scope="session")
def deadlock():
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.two_small_buffers)
    return play(caught.value)


@pytest.fixture(scope="session")
def many():
    return play(simulate(basic.demo, jobs=10_000, workers=8))


def said(page):
    return page.locator(".said").inner_text()


def clock(page):
    return page.locator("output").inner_text()


def worker(page, number):
    return page.locator(".worker").nth(number - 1).inner_text().split("\n")


def player_of(page, expression):
    return page.evaluate(
        f"() => {{ const p = document.querySelector('#player > div').player; {expression} }}"
    )


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


# What it shows


def test_a_run_begins_at_its_start(opened):
    page = opened(BASIC)
    assert clock(page) == "0 s of 4 s"
    assert worker(page, 1) == ["worker-1", "1", "works, 1 s to go"]
    assert page.locator(".pool .name").all_inner_texts() == [
        "submitter",
        "jobs 3/3",
        "results 0",
        "done",
    ]


def test_every_job_is_in_one_place_at_any_moment(opened):
    page = opened(BASIC)
    for _ in range(4):
        shown = page.locator(".chip[aria-label]").evaluate_all(
            "chips => chips.map(c => c.getAttribute('aria-label').split(',')[0])"
        )
        assert len(shown) == len(set(shown))
        page.get_by_role("button", name="step forward").click()


def test_stepping_goes_from_moment_to_moment_and_says_what_happens(opened):
    page = opened(BASIC)
    page.get_by_role("button", name="step forward").click()
    assert clock(page) == "1 s of 4 s"
    assert said(page).startswith("1 s: worker-1 ends job 1 and takes job 4; worker-2")
    assert said(page).endswith("jobs 7, 8 and 9 enter the queue.")
    page.get_by_role("button", name="step back").click()
    assert clock(page) == "0 s of 4 s"


def test_at_the_end_it_says_what_the_run_came_to(opened):
    page = opened(BASIC)
    page.get_by_role("button", name="to the end").click()
    assert said(page) == (
        "4 s: worker-1 ends job 10; task-2 closes results. The run is over: 10 succeeded."
    )
    assert page.locator(".done").inner_text() == "\u2713 10 ok"


def test_who_closes_a_queue_is_told_when_it_happens(opened):
    page = opened(BASIC)
    player_of(page, "p.seek(2)")
    assert "its sender (task-1) closes jobs" in said(page)
    assert "closed by its sender (task-1)" in page.locator(".note").all_inner_texts()


def test_a_worker_that_joins_later_has_not_started(opened):
    page = opened(play(simulate(dynamic.demo, buffer=2)))
    assert worker(page, 2)[-1].startswith("works")
    assert worker(page, 7) == ["worker-7", "has not started"]
    player_of(page, "p.seek(p.track.end)")
    assert worker(page, 7) == ["worker-7", "has no more jobs"]


def test_playing_comes_to_the_end_and_stops_there(opened):
    page = opened(BASIC)
    player_of(page, "p.speed = 40")
    page.get_by_role("button", name="play").click()
    page.get_by_text("4 s of 4 s", exact=True).wait_for()
    page.get_by_role("button", name="play", exact=True).wait_for()


def test_playing_can_be_paused(opened):
    page = opened(BASIC)
    page.get_by_role("button", name="play").click()
    page.get_by_role("button", name="pause").click()
    before = player_of(page, "return p.position")
    page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
    assert player_of(page, "return p.position") == before


def test_the_slider_moves_all_views_to_one_time(opened):
    page = opened(BASIC)
    page.get_by_role("slider").fill("2.5")
    assert clock(page) == "2.5 s of 4 s"
    assert worker(page, 1) == ["worker-1", "7", "works, 0.5 s to go"]
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "2.5 s of 4 s"


def test_a_press_on_the_timeline_goes_there(opened):
    page = opened(BASIC)
    x = player_of(page, "return p.timeline.x(3)")
    page.locator("canvas.lanes").click(position={"x": x, "y": 30})
    assert player_of(page, "return p.position") == pytest.approx(3, abs=0.01)


def test_the_speed_can_be_chosen(opened):
    page = opened(BASIC)
    page.get_by_label("speed").select_option("4")
    assert player_of(page, "return p.speed") == 4


def test_a_deadlock_ends_with_who_waits_for_what(opened, deadlock):
    page = opened(deadlock)
    page.get_by_role("button", name="to the end").click()
    assert "main is sending to jobs (2/2 full)" in said(page)
    assert worker(page, 3) == ["worker-3", "3", "cannot hand on: results"]


def test_a_job_that_a_deadlock_leaves_in_hand_is_told_beforehand(opened, deadlock):
    page = opened(deadlock)
    player_of(page, "p.seek(0.5)")
    assert worker(page, 3) == ["worker-3", "3", "works, 0.5 s to go: will be unfinished"]
    key = page.get_by_role("list", name="key").locator("li").all_inner_texts()
    assert key == ["working", "unfinished", "blocked"]


def test_of_many_results_some_are_drawn_and_the_others_counted(opened):
    def unread():
        pool = WorkerPool(sleep, workers=2)
        with pool.start():
            for _ in range(16):
                pool.submit(1)

    page = opened(play(simulate(unread)))
    page.get_by_role("button", name="to the end").click()
    assert page.locator(".chip.result").count() == 12
    assert "4 more; closed by task-1" in page.locator(".note").all_inner_texts()


@pytest.mark.parametrize("demo", [dynamic.demo, heartbeat.demo, rate_limited.demo])
def test_a_run_of_any_pool_can_be_stepped_through(opened, demo):
    page = opened(play(simulate(demo)))
    player_of(page, "while (p.position < p.track.end) p.step(1)")
    assert "The run is over" in said(page)


# Stories


def test_a_job_tells_its_story_when_pointed_at(opened):
    page = opened(BASIC)
    page.get_by_role("button", name="job 4, in the queue").hover()
    story = page.locator(".story").inner_text()
    assert story.startswith("Job 4: submitted at 0 s; waited 1 s for a worker; worker-1 took it")
    assert story.endswith("was worked on for 1 s; done at 2 s.")


def test_where_a_page_shows_it_larger_it_is_sharp_and_a_press_goes_where_it_is_seen(opened):
    page = opened(BASIC)
    page.evaluate("() => { document.querySelector('#player > div').style.zoom = 1.5; }")
    page.wait_for_function(
        "() => document.querySelector('#player > div').player.timeline.scale > 1"
    )
    box = page.locator("canvas.lanes").bounding_box()
    assert player_of(page, "return p.timeline.canvas.width") == pytest.approx(box["width"], abs=2)
    at = player_of(page, "return p.timeline.x(2) / p.timeline.width")
    page.mouse.click(box["x"] + at * box["width"], box["y"] + 0.3 * box["height"])
    assert player_of(page, "return p.position") == pytest.approx(2, abs=0.02)


def test_a_bar_of_the_timeline_tells_the_story_of_its_job(opened):
    page = opened(BASIC)
    x = player_of(page, "return p.timeline.x(3.5)")
    page.locator("canvas.lanes").hover(position={"x": x, "y": 30})
    assert page.locator(".story").inner_text().startswith("Job 10:")


def test_a_focused_job_tells_its_story_and_a_click_keeps_it(opened):
    page = opened(BASIC)
    page.get_by_role("button", name="job 5, in the queue").focus()
    assert page.locator(".story").inner_text().startswith("Job 5:")
    press(page, "Enter", "ArrowRight", "ArrowRight")
    page.mouse.move(1, 1)
    assert page.locator(".story").inner_text().startswith("Job 5:")
    press(page, "Escape")
    assert page.locator(".story").inner_text().startswith("Point at a job")


def test_a_job_keeps_the_focus_when_it_moves(opened):
    page = opened(BASIC)
    page.get_by_role("button", name="job 5, in the queue").focus()
    press(page, "ArrowRight")
    focused = player_of(page, "return p.root.activeElement.getAttribute('aria-label')")
    assert focused == "job 5, with a worker"


def test_any_job_is_found_by_its_name(opened):
    page = opened(play(simulate(basic.demo, jobs=1000)))
    page.get_by_label("job", exact=True).fill("777")
    assert page.locator(".story").inner_text().startswith("Job 777:")


@pytest.fixture(scope="session")
def hairlines():
    """A run of three jobs, the second of which takes no time, between two that last for hours."""
    hours = {1: 7200.0, 2: 0.0, 3: 7200.0}
    return play(simulate(basic.run, hours, lambda job: sleep(hours[job]), workers=1))


def test_a_job_shorter_than_a_pixel_is_seen_and_tells_its_story_when_pointed_at(opened, hairlines):
    page = opened(hairlines)
    player_of(page, "p.seek(p.track.end)")
    x = player_of(page, "return p.timeline.x(7200)")
    colours = player_of(
        page,
        "const { timeline: t } = p; const y = Math.round((t.top + 13) * t.scale);"
        "const row = t.context.getImageData(0, y, t.canvas.width, 1).data;"
        "const at = (x) => row.slice(4 * Math.round(x * t.scale)).slice(0, 4).join();"
        "return [at(t.x(7200) + 0.5), at(t.x(3000))];",
    )
    assert colours[0] == colours[1]
    page.locator("canvas.lanes").hover(position={"x": x + 1, "y": 30})
    assert page.locator(".story").inner_text().startswith("Job 2: submitted at 0 s; waited")


def test_a_job_that_takes_no_time_can_be_focused_when_it_is_done(opened, hairlines):
    page = opened(hairlines)
    page.get_by_role("slider").focus()
    press(page, "ArrowRight")
    page.get_by_role("button", name="job 2, ok").focus()
    assert page.locator(".story").inner_text().startswith("Job 2:")


def test_a_job_that_takes_no_time_is_taken_before_it_ends(opened, hairlines):
    page = opened(hairlines)
    page.get_by_role("slider").focus()
    press(page, "ArrowRight")
    deeds = "worker-1 ends job 1, takes job 2, ends job 2 and takes job 3"
    assert said(page).startswith(f"7200 s: {deeds}")


# Keys and reading aloud


def test_keys_step_jump_and_play(opened):
    page = opened(BASIC)
    page.get_by_role("slider").focus()
    press(page, "ArrowRight", "ArrowRight")
    assert clock(page) == "2 s of 4 s"
    press(page, "ArrowLeft")
    assert clock(page) == "1 s of 4 s"
    press(page, "End")
    assert clock(page) == "4 s of 4 s"
    press(page, "Home")
    assert clock(page) == "0 s of 4 s"
    press(page, " ")
    assert player_of(page, "return p.playing")
    press(page, " ")
    assert not player_of(page, "return p.playing")


def test_what_happens_is_read_out_at_each_step_and_where_playing_stops_but_not_meanwhile(opened):
    page = opened(BASIC)
    heard = page.locator("[aria-live=polite].heard")
    page.get_by_role("button", name="step forward").click()
    assert heard.text_content() == said(page)
    at_first = heard.text_content()
    page.get_by_role("button", name="play").click()
    player_of(page, "p.advance(1.5)")
    assert said(page) != at_first
    assert heard.text_content() == at_first
    page.get_by_role("button", name="pause").click()
    assert heard.text_content() == said(page)


def test_a_job_that_has_the_focus_has_its_story_read_out(opened):
    page = opened(BASIC)
    assert page.locator(".story").get_attribute("aria-live") == "polite"


def test_the_focus_is_to_be_seen(opened):
    page = opened(BASIC)
    press(page, "Tab", "Tab")
    style = player_of(page, "return getComputedStyle(p.root.activeElement).outlineWidth")
    assert style == "3px"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("what", ["run", "failure", "deadlock", "heartbeat"])
def test_axe_finds_nothing_to_mend(opened, axe, failure, deadlock, what, scheme):
    shown = {
        "run": BASIC,
        "failure": failure,
        "deadlock": deadlock,
        "heartbeat": play(simulate(heartbeat.demo)),
    }
    page = opened(shown[what], color_scheme=scheme)
    player_of(page, "p.seek(p.track.whole ? 8 : p.track.end * 0.7)")
    page.evaluate(axe)
    found = page.evaluate("() => axe.run()")
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


# Movement, themes, sizes


def test_without_movement_wanted_playing_jumps_from_moment_to_moment(opened):
    page = opened(BASIC, reduced_motion="reduce")
    page.evaluate(
        "() => { window.flights = 0; const was = Element.prototype.animate;"
        "Element.prototype.animate = function (...a) { flights += 1; return was.apply(this, a); } }"
    )
    seen = player_of(
        page,
        "const at = []; for (let n = 0; n < 8; n += 1) { p.owed = 0; p.advance(1);"
        "at.push(p.position); } return [at, window.flights]",
    )
    assert seen == [[1, 2, 3, 4, 4, 4, 4, 4], 0]


def test_jobs_fly_where_movement_is_welcome(opened):
    page = opened(BASIC, reduced_motion="no-preference")
    page.get_by_role("button", name="step forward").click()
    assert player_of(page, "return p.root.getAnimations().length") > 0


def test_the_theme_is_that_of_the_reader(opened):
    assert player_of(opened(BASIC, color_scheme="dark"), "return p.host.dataset.theme") == "dark"
    page = opened(BASIC, color_scheme="light")
    assert player_of(page, "return p.host.dataset.theme") == "light"


@pytest.mark.parametrize(("scheme", "bright"), [("light", True), ("dark", False)])
def test_who_waits_for_a_job_is_as_bright_as_the_page(opened, scheme, bright):
    waits = play(simulate(pitfalls.fixed_window, jobs=2, workers=1))  # until 0.9 s
    page = opened(waits, color_scheme=scheme)
    reds = player_of(
        page,
        "p.seek(p.track.end); const { timeline: t } = p; const middle = t.top + t.lane / 2;"
        "const { data } = t.context.getImageData(t.x(0.5) * t.scale, middle * t.scale, 16, 1);"
        "return [...data].filter((_, n) => n % 4 === 0)",
    )
    assert (sum(reds) / len(reds) > 128) is bright


def test_the_theme_is_that_of_jupyterlab_and_follows_it(opened):
    page = opened(BASIC, color_scheme="light")
    page.evaluate("() => { document.body.dataset.jpThemeLight = 'false'; }")
    page.wait_for_selector("[data-theme=dark]")
    page.evaluate("() => { document.body.dataset.jpThemeLight = 'true'; }")
    page.wait_for_selector("[data-theme=light]")


@pytest.mark.parametrize(("width", "zoom"), [(1280, 1), (800, 1), (1280, 2)])
@pytest.mark.parametrize("what", ["run", "failure"])
def test_what_is_too_wide_scrolls_and_the_page_does_not(opened, failure, what, width, zoom):
    shown = {"run": BASIC, "failure": failure}[what]
    page = opened(shown, width=width // zoom, height=900 // zoom, device_scale_factor=zoom)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [594, 640])  # a lesson's frame, and the player by itself
def test_the_whole_pool_and_its_times_are_in_view_at_twice_the_size(opened, width):
    page = opened(BASIC, width=width, height=450, device_scale_factor=2)
    for view in ".pool", "canvas.lanes":
        box = page.locator(view).bounding_box()
        assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("width", [1150, 670, 594])  # of the frames in a lesson
@pytest.mark.parametrize("demo", [error_handling.demo, partial(generic.demo, seconds=1)])
def test_what_a_worker_does_and_every_name_is_seen_whole_in_a_narrow_frame(opened, width, demo):
    page = opened(play(simulate(demo)), width=width)
    cut = player_of(
        page,
        "p.seek(0.6 * p.track.end); return [...p.root.querySelectorAll('.state, .name, .chip')]"
        ".filter((each) => each.scrollWidth > each.clientWidth"
        " || each.scrollHeight > each.clientHeight + 1).map((each) => each.textContent)",
    )
    assert cut == []


@pytest.mark.parametrize("width", [670, 594])
def test_the_ring_round_a_chosen_job_leaves_what_its_worker_does_free(opened, width):
    page = opened(BASIC, width=width)
    page.locator(".worker .chip").first.focus()
    gap = player_of(
        page,
        "const chosen = p.root.querySelector('.worker .chosen');"
        "const { outlineWidth, outlineOffset } = getComputedStyle(chosen);"
        "const ring = parseFloat(outlineWidth) + parseFloat(outlineOffset);"
        "const words = document.createRange();"
        "words.selectNodeContents(chosen.closest('.worker').querySelector('.state'));"
        "return words.getBoundingClientRect().top - chosen.getBoundingClientRect().bottom - ring;",
    )
    assert gap > -1


def test_the_turn_just_done_is_seen_whole_however_narrow_the_page(opened, failure):
    page = opened(failure, width=594)
    outside = player_of(
        page,
        "const hidden = []; for (let turn = 1; turn <= p.track.end; turn += 1) { p.seek(turn);"
        "const box = p.turns.scroll.getBoundingClientRect();"
        "const own = p.root.querySelector('tr[aria-current] button').getBoundingClientRect();"
        "if (own.left < box.left + p.turns.head.firstChild.offsetWidth || own.right > box.right)"
        "  hidden.push(turn); } return hidden",
    )
    assert outside == []


# Many spans


def counted_drawing(page):
    """Return how many things were drawn in how many frames, all over a run."""
    return player_of(
        page,
        "let drawn = 0; const proto = CanvasRenderingContext2D.prototype;"
        "for (const name of ['fillRect', 'fillText', 'drawImage', 'stroke', 'fill']) {"
        "  const was = proto[name];"
        "  proto[name] = function (...a) { drawn += 1; return was.apply(this, a); }; }"
        "for (let n = 0; n <= 100; n += 1) p.seek(p.track.end * n / 100);"
        "return drawn;",
    )


def test_a_frame_draws_as_little_of_ten_thousand_spans_as_of_ten(opened, many):
    few = counted_drawing(opened(BASIC))
    assert counted_drawing(opened(many)) <= few + 2


def test_a_frame_holds_as_few_elements_of_ten_thousand_jobs_as_of_a_hundred(opened, many):
    number = "p.seek(0.6 * p.track.end); return p.root.querySelectorAll('*').length"
    few = player_of(opened(play(simulate(basic.demo, jobs=100, workers=8))), number)
    assert player_of(opened(many), number) == few


def test_a_player_out_of_sight_has_its_whole_width_again_when_it_is_scrolled_to(opened):
    page = opened(BASIC)
    page.evaluate("""() => {
        const main = document.querySelector("main");
        main.style.contentVisibility = "auto"; // so JupyterLab has its cells
        main.style.containIntrinsicSize = "auto 600px";
        main.insertAdjacentHTML("afterend", "<div style='height: 9000px'></div>");
        scrollTo(0, 8000);
    }""")
    page.wait_for_timeout(300)
    page.evaluate("""() => {
        document.querySelector("main").style.width = "300px"; // while a theme is loaded
        document.body.dataset.jpThemeLight = "false";
    }""")
    page.wait_for_selector("[data-theme=dark]", state="attached")
    assert player_of(page, "return p.timeline.width") == 560
    page.evaluate("document.querySelector('main').style.width = ''")
    page.wait_for_timeout(300)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function(
        """() => {
            const { timeline } = document.querySelector("main > div").player;
            return timeline.width > 560 && timeline.width === timeline.element.clientWidth - 4;
        }"""
    )


# Schedules


def test_a_failure_is_played_turn_by_turn_up_to_what_went_wrong(opened, failure):
    page = opened(failure)
    assert clock(page) == "turn 0 of 18"
    page.get_by_role("button", name="to the end").click()
    assert said(page).endswith("Goes wrong: the check failed: it returned 3.")


def test_the_turn_that_decides_is_said_and_marked(opened, failure):
    page = opened(failure)
    page.get_by_role("slider").focus()
    press(page, "ArrowRight", "ArrowRight", "ArrowRight")
    assert "The schedule lets it go before caller-1." in said(page)
    press(page, "ArrowRight")
    assert "caller-2: load workers: 0. This turn decides." in said(page)
    assert page.locator("tr[aria-current] button.decides").count() == 1


def test_who_acts_on_a_stale_value_is_told(opened, failure):
    page = opened(failure)
    player_of(page, "p.seek(7)")
    card = page.locator(".card", has_text="caller-1")
    assert "saw workers = 0 at turn 2: stale" in card.inner_text()
    player_of(page, "p.seek(8)")
    assert "Stale: at turn 2 it saw 0; since then it had become 2." in said(page)


def test_who_could_have_gone_instead_is_shown(opened, failure):
    page = opened(failure)
    player_of(page, "p.seek(2)")
    assert "Instead could have gone: caller-2, caller-3." in said(page)
    assert page.locator("td.could").count() == 2


def test_the_schedule_that_goes_well_can_be_played_too(opened, failure):
    page = opened(failure)
    page.get_by_role("button", name="goes well").click()
    assert clock(page) == "turn 0 of 13"
    assert page.get_by_role("button", name="goes well").get_attribute("aria-pressed") == "true"


def test_a_turn_can_be_gone_to_by_its_box(opened, failure):
    page = opened(failure)
    page.locator("td button").nth(3).click()
    assert clock(page) == "turn 4 of 18"


# In a notebook


def test_the_script_is_a_module_that_a_notebook_can_show_twice_and_take_away(browser):
    page = browser.new_page()
    shown = page.evaluate(
        """async ([script, data]) => {
            const url = `data:text/javascript,${encodeURIComponent(script)}`;
            const { default: widget } = await import(url);
            const model = { get: (name) => ({ data })[name] };
            const els = [document.createElement("div"), document.createElement("div")];
            document.body.append(...els);
            const ends = els.map((el) => widget.render({ model, el }));
            const root = (el) => el.firstChild.shadowRoot;
            const found = els.map((el) => root(el).querySelectorAll(".worker").length);
            for (const end of ends) end();
            return [found, els.map((el) => root(el).children.length)];
        }""",
        [SCRIPT, BASIC.json()],
    )
    page.close()
    assert shown == [[3, 3], [0, 0]]


def test_without_scripts_the_still_picture_stands_there(browser, tmp_path):
    BASIC.save(tmp_path / "still.html")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "still.html").as_uri())
    assert page.locator("noscript img").get_attribute("alt") == BASIC.picture.text
    context.close()


def test_a_run_without_jobs_is_shown_without_a_complaint(opened):
    page = opened(play(simulate(basic.demo, jobs=0)))
    press(page, "End", "ArrowRight")
    assert said(page).startswith("0 s:")
