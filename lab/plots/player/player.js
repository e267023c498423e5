/**
 * The player: a run of a pool, or a schedule turn by turn, as a moving picture.
 *
 * `mount(element, data)` shows it; `data` is what lab/plots/player/data.py makes. The default
 * export is what anywidget asks for. Nothing is loaded, and nothing is sent back.
 *
 * @typedef {{name: string, fill: string, ink: string, hatch: string, text: string}} Look
 * @typedef {{name: string, capacity: ?number, times: number[], values: number[],
 *   forJobs: boolean, closed: ?number, closedBy: ?string, closedBySender: boolean}} Queue
 * @typedef {{worker: number[], start: number[], end: number[], look: number[], job: number[],
 *   waits: Object<string, string>}} Spans  columns, sorted by worker, then by time
 * @typedef {{id: string[], outcome: string[], submitted: ?number[], started: ?number[],
 *   finished: ?number[], worker: number[], error: Object<string, string>}} Jobs
 * @typedef {{clock: string, end: number, stuck: boolean, ending: string[], workers: string[],
 *   looks: Look[], spans: Spans, jobs: Jobs, queues: Queue[]}} Run
 * @typedef {{time: number, task: string, text: string, subject: string, value: ?string,
 *   insteadOf: ?string, others: string[],
 *   stale: ?{saw: string, at: number, now: string, again: boolean}}} Turn
 * @typedef {{name: string, end: string, decides: ?number, turns: Turn[]}} Panel
 * @typedef {{title: string, text: string, run: Run, panels: Panel[]}} Data
 *
 * A track says what there is to move along: the time of a run, or the turns of a schedule.
 * @typedef {{end: number, pace: number, whole: boolean, next: (at: number) => number,
 *   previous: (at: number) => number, label: (at: number) => string,
 *   said: (at: number) => string}} Track
 */

const NOBODY = -1;
const LEGIBLE = 100; // milliseconds for which a number stays while it plays
const MOST_PLACES = 12; // of a queue, drawn one by one
const MOST_SHOWN = 3; // of the jobs that are to come, and of those that are done
const MOST_BOXES = 8; // workers with a box each; more of them get a cell
const MOST_CELLS = 48;
const MOST_CLAUSES = 6; // told of one moment
const MOST_FLYING = 24; // chips that move at once; more would only flicker
const FLIGHT = 350; // milliseconds
const TABLE_ROWS = 12;
const NARROW = 2; // pixels; no job is drawn narrower, and none needs a steadier hand to point at
const MOST_NEAR = 200; // spans looked at to find the one that is pointed at
const SPEEDS = [0.25, 0.5, 1, 2, 4];

const STYLE = `
:host { --bg: #ffffff; --panel: #f6f8fa; --fg: #1f2328; --muted: #57606a; --line: #afb8c1;
  --accent: #0a5fb4; --on-accent: #ffffff; --cursor: #a8360a; --pale: #dbe9f4; --hint: #fbe3d3;
  display: block; color: var(--fg); background: var(--bg); font: 14px/1.4 system-ui, sans-serif; }
:host([data-theme="dark"]) { --bg: #14181d; --panel: #1d232a; --fg: #e6edf3; --muted: #a3afbb;
  --line: #5b6672; --accent: #79b8ff; --on-accent: #0b1016; --cursor: #ff9a62; --pale: #1e3a52;
  --hint: #4a2d1b; color-scheme: dark; }
:host([data-theme="light"]) { color-scheme: light; }
* { box-sizing: border-box; }
.player { padding: 0.5rem; container-type: inline-size; }
.title { font-size: 1.15rem; font-weight: 700; margin: 0; line-height: 1.3; overflow-wrap: anywhere; }
p { margin: 0.15rem 0; overflow-wrap: anywhere; }
.muted, .note { color: var(--muted); }
.note { font-size: 0.8rem; min-height: 1.2em; }
.workers + .note { min-height: 0; margin: 0; }
.scroll { overflow-x: auto; padding: 2px; }
.scroll.tall { max-height: 36rem; overflow-y: auto; }
button, select, input { font: inherit; color: inherit; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.pool { display: grid; min-width: 46rem; align-items: center; margin: 0.75rem 0;
  grid-template-columns: minmax(6rem, 1fr) 1.5rem minmax(8rem, 1.5fr) 2.5rem minmax(12rem, 2.2fr)
    2.5rem minmax(6rem, 1fr) 1.25rem minmax(6.5rem, 1fr); }
@container (max-width: 47rem) {
  .pool { min-width: 34.5rem;
    grid-template-columns: minmax(5.2rem, 0.8fr) 0.75rem minmax(5.5rem, 1.2fr) 1.25rem
    minmax(10.5rem, 2fr) 1.25rem minmax(4.7rem, 0.8fr) 0.6rem minmax(4.75rem, 1fr); } }
.name { font-size: 0.9rem; font-weight: 700; margin: 0 0 0.2rem; }
.box { border: 1px solid var(--line); border-radius: 8px; background: var(--panel);
  padding: 0.4rem; min-height: 3rem; display: flex; flex-wrap: wrap; gap: 0.3rem;
  align-content: flex-start; }
.box.queue { flex-direction: row-reverse; justify-content: flex-start; }
.box.full { border: 2px solid var(--fg); }
.place { border: 1px dashed var(--line); border-radius: 6px; min-width: 2rem; height: 1.7rem; }
.chip { border: 1px solid var(--accent); border-radius: 6px; min-width: 2rem; max-width: 7rem;
  height: 1.7rem; line-height: 1; padding: 0 0.35rem; background: var(--pale); color: var(--fg);
  cursor: pointer;
  font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.chip.working { background: #0072b2; color: #ffffff; border-color: #0072b2; }
.chip.throttled { background: #f0e442; color: #000000; border-color: #6b6400; }
.chip.blocked { background: #cc79a7; color: #000000; border-color: #5b2144; }
.chip.failed { background: #d55e00; color: #000000; border-color: #000000; }
.chip.unfinished { background: #c6dbef; color: #000000; border-color: #0072b2; border-style: dotted; }
.chip.cancelled { background: #56b4e9; color: #000000; border-color: #003a5c; border-style: dashed; }
.chip.coming { background: transparent; border-style: dotted; border-color: var(--line);
  color: var(--muted); }
.chip.chosen { outline: 3px solid var(--cursor); outline-offset: 1px; }
.fan, .arrow { align-self: stretch; width: 100%; height: 100%; min-height: 3rem; }
.fan path, .arrow path { fill: none; stroke: var(--line); stroke-width: 1.5;
  vector-effect: non-scaling-stroke; }
.fan path.busy { stroke: var(--accent); stroke-width: 2.5; }
.workers { display: grid; gap: 0.4rem; }
.workers.many { grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); gap: 0.25rem; }
.worker { position: relative; border: 1px solid var(--line); border-radius: 8px; height: 3.75rem;
  background: var(--panel); padding: 0.2rem 0.5rem; display: grid; overflow: hidden;
  grid-template: 1.8rem 1.2rem / 1fr auto; align-items: center; column-gap: 0.4rem; }
.many .worker { grid-template-rows: 1.7rem; height: 2.2rem; padding: 0.1rem 0.3rem; font-size: 0.75rem; }
.many .chip { height: 1.4rem; min-width: 1.4rem; max-width: 3.5rem; padding: 0 0.2rem; }
.many .state { display: none; }
.worker.busy { border: 2px solid var(--accent); }
.worker .state { color: var(--muted); font-size: 0.8rem; grid-column: 1 / 3; }
.worker .state, .worker strong { min-width: 0; overflow: hidden; white-space: nowrap;
  text-overflow: ellipsis; }
@container (max-width: 47rem) { /* in two lines, where one is too narrow for what it does */
  .workers:not(.many) .worker { grid-template-rows: 1.8rem 2.15rem; height: 4.65rem; }
  .worker .state { white-space: normal; line-height: 1.2; align-self: start; padding-top: 0.2rem; }
  .box { padding: 0.3rem; }
  .box .chip { padding: 0 0.2rem; }
  .chip.result { min-width: 1.1rem; height: 1.1rem; padding: 0; margin: -0.05rem; } }
.bar { position: absolute; left: 0; bottom: 0; height: 4px; width: 100%; background: var(--accent);
  transform-origin: left; transform: scaleX(0); }
.done ul { list-style: none; margin: 0; padding: 0; width: 100%; }
canvas { display: block; }
canvas.lanes { cursor: crosshair; touch-action: pan-y; }
.key { list-style: none; display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; padding: 0;
  margin: 0.25rem 0; font-size: 0.85rem; }
.key li { display: flex; align-items: center; gap: 0.35rem; }
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin-top: 0.25rem; }
.controls .where { flex: 1 0 100%; display: flex; align-items: center; gap: 0.75rem; }
.controls button, .controls select, .controls input[type="text"], .panels button {
  border: 1px solid var(--line); border-radius: 6px; background: var(--panel);
  padding: 0.3rem 0.6rem; min-height: 2.2rem; }
.controls button, .panels button { cursor: pointer; }
.controls .play { min-width: 5.5rem; }
.controls .play, .panels button[aria-pressed="true"] { background: var(--accent);
  color: var(--on-accent); border-color: var(--accent); font-weight: 600; }
.controls input[type="range"] { flex: 1 1 12rem; min-width: 8rem; height: 1.8rem; margin: 0;
  accent-color: var(--accent); }
.controls input[type="text"] { width: 5rem; }
.controls output { text-align: right; font-variant-numeric: tabular-nums; }
.said { border-left: 4px solid var(--accent); background: var(--panel); padding: 0.4rem 0.75rem;
  margin: 0.5rem 0 0; min-height: 3.6em; }
.heard { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden;
  clip-path: inset(50%); }
.story { border-left: 4px solid var(--cursor); background: var(--panel); padding: 0.4rem 0.75rem;
  margin: 0.4rem 0 0; min-height: 2.2em; }
.panels { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 0.5rem 0; }
.board { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 0.5rem;
  margin: 0.5rem 0; }
.card { border: 1px solid var(--line); border-radius: 8px; background: var(--panel);
  padding: 0.35rem 0.6rem; min-height: 5.2em; }
.card.shared { border: 2px solid var(--fg); }
.card.turn { border: 2px solid var(--accent); }
.stale { color: var(--cursor); font-weight: 700; }
table { border-collapse: separate; border-spacing: 3px; width: 100%; table-layout: fixed;
  position: relative; }
th { text-align: left; font-size: 0.85rem; }
tr th:first-child { text-align: right; padding-right: 0.4rem; width: 5rem; position: sticky; left: 0; z-index: 1;
  background: var(--bg); box-shadow: -3px 0 0 3px var(--bg); }
tbody th { color: var(--muted); font-weight: 400; white-space: pre;
  font-variant-numeric: tabular-nums; }
td { height: 1.9rem; padding: 0; font-size: 0.85rem; }
td button { width: 100%; height: 1.9rem; text-align: left; border: 1px solid var(--line);
  border-radius: 4px; background: var(--panel); cursor: pointer; overflow: hidden;
  white-space: nowrap; text-overflow: ellipsis; padding: 0 0.4rem; }
tr.later td button { background: transparent; color: var(--muted); border-style: dotted; }
tr[aria-current] td button { border: 2px solid var(--accent); background: var(--pale); }
td button.ahead { background: var(--hint); }
tr td button.decides { outline: 3px solid var(--cursor); outline-offset: 0; }
td.could { border: 1px dashed var(--muted); border-radius: 4px; padding: 0 0.4rem;
  color: var(--muted); font-style: italic; white-space: nowrap; overflow: hidden; }
@media (forced-colors: active) { .bar { background: Highlight; } }
`;

// ---------------------------------------------------------------------------- small helpers

/** Return the place of the last of ascending `times` that is <= `time`; -1 if none is. */
export function lastAtMost(times, time, from = 0, to = times.length) {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1 < from ? -1 : low - 1;
}

/** Return seconds as a reader wants them: four significant digits. */
export function seconds(time) {
  return `${Number(time.toPrecision(4))} s`;
}

/** Join words as a sentence does. */
function listed(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** Make an element: `make("p", {class: "note"}, "text", child)`. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Make an SVG that fills its place; `paths` are in its view box, and `fit` says how it scales. */
function makeDrawing(kind, viewBox, paths, fit) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const attributes = { class: kind, viewBox, preserveAspectRatio: fit, "aria-hidden": "true" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  for (const d of paths) {
    const path = document.createElementNS(ns, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** Name who closed a queue; only whoever sends can know that nothing more will come. */
function closerOf(queue) {
  return queue.closedBySender ? `its sender (${queue.closedBy})` : queue.closedBy;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Mix two colours of the form #rrggbb. */
function mix(one, other, share) {
  const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const [a, b] = [parts(one), parts(other)];
  return `rgb(${a.map((part, n) => Math.round(part * share + b[n] * (1 - share))).join(",")})`;
}

// ---------------------------------------------------------------------------- what is the case

/** What is the case in a run at a time, and what happens at a moment. */
export class Facts {
  /** @param {Run} run */
  constructor(run) {
    this.run = run;
    const { spans, jobs } = run;
    /** Where each worker's spans begin; the last entry is where all end. */
    this.first = [];
    for (let worker = 0, at = 0; worker <= run.workers.length; worker += 1) {
      while (at < spans.worker.length && spans.worker[at] < worker) at += 1;
      this.first.push(at);
    }
    this.spansOfJob = new Map();
    spans.job.forEach((job, span) => {
      if (job === NOBODY) return;
      if (!this.spansOfJob.has(job)) this.spansOfJob.set(job, []);
      this.spansOfJob.get(job).push(span);
    });
    const byTime = (times) =>
      jobs.id.map((_, job) => job).filter((job) => times[job] !== null)
        .sort((a, b) => times[a] - times[b]);
    this.bySubmission = byTime(jobs.submitted);
    this.submissionTimes = this.bySubmission.map((job) => jobs.submitted[job]);
    this.startTimes = byTime(jobs.started).filter((job) => jobs.submitted[job] !== null)
      .map((job) => jobs.started[job]);
    this.byEnd = byTime(jobs.finished);
    this.endTimes = this.byEnd.map((job) => jobs.finished[job]);
    this.endedAs = this.countEnds();
    this.jobQueue = run.queues.find((queue) => queue.forJobs) || null;
    const others = run.queues.filter((queue) => !queue.forJobs);
    this.results = others.find((queue) => queue.name === "results") || others[0] || null;
    this.happenings = this.collect();
    this.moments = [...this.happenings.keys()].sort((a, b) => a - b);
  }

  /** Return what happens, by time: jobs submitted and ended, spans begun. */
  collect() {
    const { spans, jobs, end, looks } = this.run;
    const found = new Map([[0, null], [end, null]]);
    const at = (time) => {
      if (!found.get(time)) found.set(time, { submitted: [], started: [], ended: [], waits: [] });
      return found.get(time);
    };
    jobs.id.forEach((_, job) => {
      if (jobs.submitted[job] !== null) at(jobs.submitted[job]).submitted.push(job);
      if (jobs.started[job] !== null) at(jobs.started[job]).started.push(job);
      if (jobs.finished[job] !== null) at(jobs.finished[job]).ended.push(job);
    });
    spans.start.forEach((start, span) => {
      const waits = ["blocked", "throttled"].includes(looks[spans.look[span]].name);
      if (waits && spans.end[span] > start) at(start).waits.push(span);
    });
    for (const { closed } of this.run.queues) if (closed !== null) at(closed);
    return found;
  }

  /** Return the span that a worker is in, or -1. */
  spanAt(worker, time) {
    const { spans, stuck, end } = this.run;
    const span = lastAtMost(spans.start, time, this.first[worker], this.first[worker + 1]);
    if (span === -1) return -1;
    const goesOn = spans.end[span] === end && (stuck || this.lookOf(span) === "unfinished");
    return time < spans.end[span] || goesOn ? span : -1;
  }

  /** Return the name of a span's look. */
  lookOf(span) {
    return this.run.looks[this.run.spans.look[span]].name;
  }

  /** Return how many a queue holds. */
  depth(queue, time) {
    const at = lastAtMost(queue.times, time);
    return at === -1 ? 0 : queue.values[at];
  }

  /** Return how many jobs wait for a worker, and the first few, the next one first. */
  waiting(time) {
    const { started } = this.run.jobs;
    const submitted = lastAtMost(this.submissionTimes, time) + 1;
    // Threads may note that a job was received before they note that it was sent.
    const number = Math.max(submitted - lastAtMost(this.startTimes, time) - 1, 0);
    const first = [];
    const most = Math.min(number, MOST_PLACES);
    for (let place = 0; place < submitted && first.length < most; place += 1) {
      const job = this.bySubmission[place];
      if (started[job] === null || started[job] > time) first.push(job);
    }
    return { number, first };
  }

  /** Return how many jobs are still to be submitted, and the first few. */
  coming(time) {
    const submitted = lastAtMost(this.submissionTimes, time) + 1;
    const first = this.bySubmission.slice(submitted, submitted + MOST_SHOWN);
    return { number: this.bySubmission.length - submitted, first };
  }

  /** Return how many jobs have ended, by outcome, and the last few, the latest first. */
  ended(time) {
    const number = lastAtMost(this.endTimes, time) + 1;
    const last = this.byEnd.slice(Math.max(number - MOST_SHOWN, 0), number).reverse();
    const counts = Object.fromEntries([...this.endedAs].map(([kind, upTo]) => [kind, upTo[number]]));
    return { counts, last };
  }

  /** Return for each outcome how many of the first n ends have it. */
  countEnds() {
    const { outcome } = this.run.jobs;
    const upTo = (kind) => {
      const counts = [0];
      this.byEnd.forEach((job, n) => counts.push(counts[n] + (outcome[job] === kind ? 1 : 0)));
      return counts;
    };
    return new Map(["ok", "failed", "cancelled"].map((kind) => [kind, upTo(kind)]));
  }

  /** Say what a worker does, in a few words. */
  doing(worker, time) {
    const { spans, end } = this.run;
    const span = this.spanAt(worker, time);
    if (span === -1) {
      const later = lastAtMost(spans.start, time, this.first[worker], this.first[worker + 1]) + 1;
      if (later === 0) { // a worker's spans begin when it does
        const joins = this.first[worker] < this.first[worker + 1] && time < end;
        return joins ? "has not started" : "waits for a job";
      }
      const over = later >= this.first[worker + 1] || time >= end;
      return over ? "has no more jobs" : "waits for a job";
    }
    const left = `${seconds(spans.end[span] - time)} to go`;
    switch (this.lookOf(span)) {
      case "working": return `works, ${left}`;
      case "unfinished": return time < end ? `works, ${left}: will be unfinished` : "unfinished";
      case "failed": return `works, ${left}: will fail`;
      case "cancelled": return `works, ${left}: will be cut short`;
      case "blocked": return `cannot hand on: ${spans.waits[span] || "no room"}`;
      case "throttled": return `waits for ${spans.waits[span] || "its turn"}`;
      case "stopped": return "takes no more jobs";
      default: return "waits for a job";
    }
  }

  /** Say what happened at the last moment up to `time`. */
  said(time) {
    const moment = this.moments[lastAtMost(this.moments, time)];
    const clauses = this.clauses(moment);
    const more = clauses.length - MOST_CLAUSES;
    if (more > 1) clauses.splice(MOST_CLAUSES, more, `and ${more} things more`);
    const told = clauses.length ? `${clauses.join("; ")}.` : "";
    const over = moment === this.run.end ? this.over() : "";
    return `${seconds(moment)}: ${[told, over].filter(Boolean).join(" ") || "nothing happens."}`;
  }

  clauses(moment) {
    const here = this.happenings.get(moment);
    if (!here) return [];
    const { run } = this;
    const { jobs, spans } = run;
    const byWorker = new Map();
    const of = (job) => {
      const worker = jobs.worker[job];
      if (!byWorker.has(worker)) byWorker.set(worker, []);
      return byWorker.get(worker);
    };
    const atOnce = (job) => jobs.started[job] === jobs.finished[job]; // it takes no time
    for (const job of here.ended) if (!atOnce(job)) of(job).push(this.ending(job));
    for (const job of here.started) {
      of(job).push(`takes job ${jobs.id[job]}`);
      if (atOnce(job)) of(job).push(this.ending(job));
    }
    const clauses = [...byWorker].map(
      ([worker, deeds]) => `${run.workers[worker] || "somebody"} ${listed(deeds)}`,
    );
    for (const span of here.waits) {
      const what = spans.waits[span] || "its turn";
      const job = spans.job[span] === NOBODY ? "" : ` with job ${jobs.id[spans.job[span]]}`;
      clauses.push(`${run.workers[spans.worker[span]]} waits for ${what}${job}`);
    }
    const queued = here.submitted.filter((job) => jobs.started[job] !== moment);
    if (queued.length) clauses.push(this.entering(queued));
    for (const queue of run.queues) {
      if (queue.closed === moment) clauses.push(`${closerOf(queue)} closes ${queue.name}`);
    }
    return clauses;
  }

  ending(job) {
    const { jobs } = this.run;
    switch (jobs.outcome[job]) {
      case "ok": return `ends job ${jobs.id[job]}`;
      case "failed": return `fails at job ${jobs.id[job]}`;
      case "cancelled": return `is cut short at job ${jobs.id[job]}`;
      default: return `leaves job ${jobs.id[job]}`;
    }
  }

  entering(queued) {
    const ids = queued.map((job) => this.run.jobs.id[job]);
    if (ids.length === 1) return `job ${ids[0]} enters the queue`;
    if (ids.length <= 4) return `jobs ${listed(ids)} enter the queue`;
    return `${counted(ids.length, "job")} enter the queue, from ${ids[0]} to ${ids[ids.length - 1]}`;
  }

  /** Say how the run ended. */
  over() {
    const { ending, stuck, jobs } = this.run;
    if (stuck) return ending.join(" ");
    const names = { ok: "succeeded", failed: "failed", cancelled: "cancelled" };
    const number = (outcome) => jobs.outcome.filter((each) => each === outcome).length;
    const others = { unfinished: "unfinished", "never started": "never started" };
    const counts = Object.entries({ ...names, ...others })
      .map(([outcome, name]) => [number(outcome), name])
      .filter(([many]) => many).map(([many, name]) => `${many.toLocaleString("en")} ${name}`);
    const came = counts.length ? `: ${listed(counts)}` : "";
    return [`The run is over${came}.`, ...ending].join(" ");
  }

  /** Tell a job's story. */
  story(job) {
    const { jobs, workers, spans } = this.run;
    const [submitted, started, finished] = [jobs.submitted, jobs.started, jobs.finished]
      .map((times) => times[job]);
    const told = [];
    if (submitted !== null) told.push(`submitted at ${seconds(submitted)}`);
    if (started === null) {
      told.push("never started");
    } else {
      if (submitted !== null) {
        const wait = started - submitted;
        told.push(wait > 0 ? `waited ${seconds(wait)} for a worker` : "did not wait for a worker");
      }
      told.push(`${workers[jobs.worker[job]] || "somebody"} took it at ${seconds(started)}`);
    }
    for (const span of this.spansOfJob.get(job) || []) {
      const look = this.lookOf(span);
      const length = seconds(spans.end[span] - spans.start[span]);
      if (look === "throttled") told.push(`waited ${length} for ${spans.waits[span]}`);
      else if (look === "blocked") told.push(`could not be handed on to ${spans.waits[span]} for ${length}`);
      else if (look !== "waiting") told.push(`was worked on for ${length}`);
    }
    const ends = { ok: "done", failed: "failed", cancelled: "cut short" };
    if (finished !== null) told.push(`${ends[jobs.outcome[job]] || "left"} at ${seconds(finished)}`);
    else if (jobs.outcome[job] === "unfinished") told.push("unfinished at the end");
    const error = jobs.error[job] ? ` (${jobs.error[job]})` : "";
    return `Job ${jobs.id[job]}: ${told.join("; ")}${error}.`;
  }
}

/** @returns {Track} the time of a run, stepped from moment to moment */
function timeTrack(/** @type {Facts} */ facts) {
  const { moments, run } = facts;
  const length = Math.min(Math.max(moments.length * 0.6, 4), 20); // seconds to play it all
  return {
    end: run.end,
    pace: run.end / length,
    whole: false,
    next: (at) => moments[lastAtMost(moments, at) + 1] ?? run.end,
    previous: (at) => {
      const here = lastAtMost(moments, at);
      return moments[here] < at ? moments[here] : moments[Math.max(here - 1, 0)];
    },
    label: (at) => `${seconds(at)} of ${seconds(run.end)}`,
    said: (at) => facts.said(at),
  };
}

/** @returns {Track} the turns of a schedule */
function turnTrack(/** @type {Panel} */ panel) {
  const { turns, decides } = panel;
  return {
    end: turns.length,
    pace: 1.1,
    whole: true,
    next: (at) => Math.min(Math.floor(at) + 1, turns.length),
    previous: (at) => Math.max(Math.ceil(at) - 1, 0),
    label: (at) => `turn ${Math.floor(at)} of ${turns.length}`,
    said: (at) => {
      const done = Math.floor(at);
      if (done === 0) return `Nobody has done anything yet; ${turns[0]?.task ?? "nobody"} goes first.`;
      const turn = turns[done - 1];
      const told = [`Turn ${done}: ${turn.task}: ${turn.text}.`];
      if (turn.insteadOf) told.push(`The schedule lets it go before ${turn.insteadOf}.`);
      if (done - 1 === decides) told.push("This turn decides.");
      if (turn.stale) {
        const { saw, at: when, now, again } = turn.stale;
        const back = again ? `, and ${saw} again` : "";
        told.push(`Stale: at turn ${when} it saw ${saw}; since then it had become ${now}${back}.`);
      }
      if (turn.others.length) told.push(`Instead could have gone: ${turn.others.join(", ")}.`);
      if (done === turns.length) told.push(panel.end);
      return told.join(" ");
    },
  };
}

// ---------------------------------------------------------------------------- the pool

/** The pool at one time: submitter, queue, workers, results, and what is done. */
class PoolView {
  constructor(/** @type {Facts} */ facts, /** @type {Player} */ player) {
    this.facts = facts;
    this.player = player;
    this.chips = new Map();
    this.shown = "";
    const { run } = facts;
    this.coming = make("div", { class: "box" });
    this.queue = make("div", { class: "box queue" });
    this.queueTitle = make("div", { class: "name" });
    this.queueNote = make("p", { class: "note" });
    this.comingNote = make("p", { class: "note" });
    this.resultsTitle = make("div", { class: "name" });
    this.resultsBox = make("div", { class: "box queue" });
    this.resultsNote = make("p", { class: "note" });
    this.counts = make("ul");
    this.latest = make("div", { class: "box" });
    this.many = run.workers.length > MOST_BOXES;
    this.workers = run.workers.slice(0, this.many ? MOST_CELLS : MOST_BOXES)
      .map((name) => this.makeWorker(name));
    this.workersNote = make("p", { class: "note" });
    const boxes = make("div", { class: this.many ? "workers many" : "workers" },
      ...this.workers.map((worker) => worker.box));
    const column = (...children) => make("div", {}, ...children);
    this.element = make("div", { class: "pool", role: "group", "aria-label": "the pool" },
      column(make("div", { class: "name" }, "submitter"), this.coming, this.comingNote),
      this.arrow(),
      column(this.queueTitle, this.queue, this.queueNote),
      this.fanOut = this.fan(false),
      column(boxes, this.workersNote),
      this.fan(true),
      column(this.resultsTitle, this.resultsBox, this.resultsNote),
      this.arrow(),
      column(make("div", { class: "name" }, "done"), make("div", { class: "done" }, this.counts), this.latest),
    );
    this.boxes = boxes;
  }

  makeWorker(name) {
    const state = make("span", { class: "state" });
    const bar = make("div", { class: "bar" });
    const slot = make("div");
    const who = make("strong", { title: name }, this.many ? name.replace(/^worker-/, "") : name);
    return { box: make("div", { class: "worker" }, who, slot, state, bar), state, bar, slot };
  }

  arrow() {
    return makeDrawing("arrow", "0 0 24 60", ["M2 30 H20 M13 25 L20 30 L13 35"], "xMidYMid");
  }

  /** Lines between a queue and each worker, or one if they stand in a grid. */
  fan(inwards) {
    const number = this.many ? 1 : Math.max(this.workers.length, 1);
    const x = (at) => (inwards ? 40 - at : at);
    const paths = Array.from({ length: number }, (_, place) => {
      const y = ((place + 0.5) / number) * 100;
      return `M${x(2)} 50 C${x(22)} 50 ${x(18)} ${y} ${x(38)} ${y}`;
    });
    return makeDrawing("fan", "0 0 40 100", paths, "none");
  }

  /** Show a moment; `legible` says whether numbers that change all the time may change, too. */
  show(time, legible = true) {
    const { facts } = this;
    const moment = lastAtMost(facts.moments, time);
    const other = this.shown !== moment;
    if (other) {
      const before = this.player.moves() ? this.whereChipsAre() : null;
      this.shown = moment;
      this.place(time);
      if (before) this.fly(before);
    }
    this.workers.forEach((worker, place) => {
      if (legible || other) setText(worker.state, facts.doing(place, time));
      this.showWorker(worker, place, time);
    });
  }

  place(time) {
    const { facts } = this;
    const { run, jobQueue, results } = facts;
    const waiting = facts.waiting(time);
    const coming = facts.coming(time);
    const ended = facts.ended(time);
    this.workers.forEach((worker, place) => {
      const span = facts.spanAt(place, time);
      const job = span === -1 ? NOBODY : run.spans.job[span];
      worker.job = job;
      const look = span === -1 ? "" : facts.lookOf(span);
      const told = ["blocked", "throttled", time < run.end ? "" : "unfinished"];
      worker.kind = told.includes(look) ? look : "working";
      worker.box.classList.toggle("busy", job !== NOBODY);
    });
    const used = new Set();
    const put = (box, jobs, kind, extra = []) => {
      const chips = jobs.filter((job) => !used.has(job)).map((job) => {
        used.add(job);
        return this.chip(job, typeof kind === "string" ? kind : kind(job));
      });
      const wanted = [...chips, ...extra];
      const same = wanted.length === box.children.length &&
        wanted.every((each, n) => each === box.children[n]);
      if (same) return;
      box.replaceChildren(...wanted);
      if (box.classList.contains("box")) this.keepHeight(box);
    };
    const focused = this.element.getRootNode().activeElement;
    for (const worker of this.workers) {
      put(worker.slot, worker.job === NOBODY ? [] : [worker.job], worker.kind);
    }
    const capacity = jobQueue?.capacity ?? null;
    const places = capacity !== null && capacity <= MOST_PLACES ? capacity : 0;
    put(this.queue, waiting.first, "queued", this.places(Math.max(places - waiting.number, 0)));
    this.tellQueue(jobQueue, waiting.number, time);
    put(this.coming, coming.first, "coming");
    const full = jobQueue && capacity !== null && facts.depth(jobQueue, time) >= capacity;
    setText(this.comingNote, !coming.number ? "none to come"
      : `${coming.number.toLocaleString("en")} to come${full && capacity ? "; queue is full" : ""}`);
    this.tellResults(results, time);
    put(this.latest, ended.last, (job) => run.jobs.outcome[job]);
    this.tellEnded(ended.counts);
    for (const [job, chip] of this.chips) {
      if (used.has(job)) continue;
      chip.remove();
      this.chips.delete(job);
    }
    this.tellWorkers(time);
    if (focused && focused !== this.element.getRootNode().activeElement && focused.isConnected) {
      focused.focus({ preventScroll: true }); // which it lost when it was moved
    }
  }

  /** Let a box never shrink again, or all beside it would jump up and down. */
  keepHeight(box) {
    const height = box.offsetHeight;
    if (height > (parseFloat(box.style.minHeight) || 0)) box.style.minHeight = `${height}px`;
  }

  places(number) {
    return Array.from({ length: number }, () => make("span", { class: "place" }));
  }

  tellQueue(queue, waiting, time) {
    if (!queue) {
      setText(this.queueTitle, "no queue");
      return;
    }
    const depth = this.facts.depth(queue, time);
    const room = queue.capacity === null ? "" : `/${queue.capacity}`;
    setText(this.queueTitle, `${queue.name} ${depth}${room}`);
    const more = waiting - MOST_PLACES;
    const notes = [];
    if (more > 0) notes.push(`${more.toLocaleString("en")} more behind`);
    if (queue.capacity === 0) notes.push("no room: handed over in person");
    notes.push(...this.closing(queue, time));
    setText(this.queueNote, notes.join("; "));
    const full = queue.capacity !== null && queue.capacity > 0 && depth >= queue.capacity;
    this.queue.classList.toggle("full", full);
  }

  tellResults(queue, time) {
    if (!queue) {
      setText(this.resultsTitle, "results");
      setText(this.resultsNote, "no queue");
      return;
    }
    const depth = this.facts.depth(queue, time);
    const room = queue.capacity === null ? "" : `/${queue.capacity}`;
    setText(this.resultsTitle, `${queue.name} ${depth}${room}`);
    const shown = Math.min(depth, MOST_PLACES);
    if (this.resultsBox.children.length !== shown) {
      this.resultsBox.replaceChildren(...Array.from({ length: shown }, () => {
        return make("span", { class: "chip result", "aria-hidden": "true" });
      }));
    }
    this.resultsBox.classList.toggle("full", queue.capacity > 0 && depth >= queue.capacity);
    const notes = depth > shown ? [`${(depth - shown).toLocaleString("en")} more`] : [];
    notes.push(...this.closing(queue, time));
    setText(this.resultsNote, notes.join("; "));
  }

  closing(queue, time) {
    return queue.closed === null || queue.closed > time ? [] : [`closed by ${closerOf(queue)}`];
  }

  tellEnded(counts) {
    const kinds = [["ok", "\u2713", "ok"], ["failed", "\u00d7", "failed"],
      ["cancelled", "\u2013", "cut short"]];
    const rows = kinds.map(([kind, mark, name]) => {
      return [counts[kind], mark, name];
    }).filter(([number], place) => number || place === 0);
    this.counts.replaceChildren(...rows.map(([number, mark, name]) => {
      return make("li", {}, `${mark} ${number.toLocaleString("en")} ${name}`);
    }));
  }

  tellWorkers(time) {
    const { workers } = this.facts.run;
    if (workers.length <= this.workers.length) return;
    const busy = workers.filter((_, place) => this.facts.spanAt(place, time) !== -1).length;
    setText(this.workersNote, `${this.workers.length} of ${counted(workers.length, "worker")} shown; `
      + `${busy.toLocaleString("en")} of all have a job`);
  }

  showWorker(worker, place, time) {
    const { facts } = this;
    const span = worker.job === NOBODY ? -1 : facts.spanAt(place, time);
    const { start, end } = facts.run.spans;
    const share = span === -1 ? 0 : (time - start[span]) / Math.max(end[span] - start[span], 1e-12);
    worker.bar.style.transform = `scaleX(${Math.min(share, 1)})`;
    if (!this.many) this.fanOut.children[place].classList.toggle("busy", span !== -1);
  }

  chip(job, kind) {
    const { jobs } = this.facts.run;
    let chip = this.chips.get(job);
    if (!chip) {
      chip = make("button", { type: "button" });
      this.player.tells(chip, job);
      this.chips.set(job, chip);
    }
    const mark = { failed: "\u00d7 ", cancelled: "\u2013 ", ok: "\u2713 " }[kind] || "";
    setText(chip, mark + jobs.id[job]);
    const name = { coming: "to come", queued: "in the queue", working: "with a worker",
      throttled: "with a worker that waits", unfinished: "with a worker, unfinished", blocked: "with a worker that cannot hand it on",
    }[kind] || kind;
    chip.setAttribute("aria-label", `job ${jobs.id[job]}, ${name}`);
    chip.className = `chip ${kind}${job === this.player.chosen ? " chosen" : ""}`;
    return chip;
  }

  choose(job) {
    for (const [each, chip] of this.chips) chip.classList.toggle("chosen", each === job);
  }

  whereChipsAre() {
    return new Map([...this.chips].map(([job, chip]) => [job, chip.getBoundingClientRect()]));
  }

  /** Let each chip move from where it was: it is in one place only, all the way. */
  fly(before) {
    const moved = [...this.chips].map(([job, chip]) => {
      const [was, is] = [before.get(job), chip.getBoundingClientRect()];
      return was && [chip, was.left - is.left, was.top - is.top];
    }).filter((move) => move && Math.abs(move[1]) + Math.abs(move[2]) > 4);
    if (moved.length > MOST_FLYING) return;
    for (const [chip, x, y] of moved) {
      chip.animate(
        [{ transform: `translate(${x}px, ${y}px)`, zIndex: 2 }, { transform: "none", zIndex: 2 }],
        { duration: FLIGHT / Math.max(this.player.speed, 1), easing: "ease-out" },
      );
    }
  }
}

// ---------------------------------------------------------------------------- the timeline

/** Return a look as the theme has it: who has no job is pale on white, and dark in the dark. */
function inTheme(look, colours) {
  const idle = ["waiting", "stopped"].includes(look.name);
  return colours.dark && idle ? { ...look, fill: colours.panel, ink: colours.line } : look;
}

/** A tile of a hatch, as matplotlib draws it. */
function hatchTile(look, background, share, scale) {
  const size = 8 * scale;
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const context = tile.getContext("2d");
  context.fillStyle = mix(look.fill, background, share);
  context.fillRect(0, 0, size, size);
  context.strokeStyle = context.fillStyle === look.ink ? background : mix(look.ink, background, share);
  context.fillStyle = context.strokeStyle;
  context.lineWidth = scale;
  const line = (x1, y1, x2, y2) => {
    context.beginPath();
    context.moveTo(x1 * size, y1 * size);
    context.lineTo(x2 * size, y2 * size);
    context.stroke();
  };
  const kind = look.hatch.charAt(0);
  if ("x/".includes(kind) && kind) line(0, 1, 1, 0);
  if ("x\\".includes(kind) && kind) line(0, 0, 1, 1);
  if ("-+".includes(kind) && kind) line(0, 0.5, 1, 0.5);
  if ("|+".includes(kind) && kind) line(0.5, 0, 0.5, 1);
  if (kind === ".") context.fillRect(size * 0.4, size * 0.4, 1.5 * scale, 1.5 * scale);
  return tile;
}

/** Lanes of workers and depths of queues against time, under one cursor. */
class TimelineView {
  constructor(/** @type {Facts} */ facts, /** @type {Player} */ player) {
    this.facts = facts;
    this.player = player;
    const { run } = facts;
    const shown = (queue) => queue.forJobs || (queue === facts.results && Math.max(...queue.values));
    this.queues = run.queues.filter(shown)
      .sort((a, b) => Number(b.forJobs) - Number(a.forJobs));
    const number = run.workers.length;
    this.lane = number <= 12 ? 26 : number <= 30 ? 18 : Math.max(Math.min(Math.floor(420 / number), 18), 2);
    this.left = 92;
    this.right = 14;
    this.top = 16;
    this.lanesEnd = this.top + this.lane * number;
    this.height = this.lanesEnd + this.queues.length * 54 + 26;
    this.canvas = make("canvas", { class: "lanes", role: "img" });
    this.canvas.setAttribute("aria-label",
      `what each worker did when, and how deep the queues were: ${player.data.text}`);
    this.element = make("div", { class: "scroll tall", tabindex: "0", role: "group",
      "aria-label": "timeline" }, this.canvas);
    this.layers = null;
    this.frames = 0;
    this.listen();
  }

  listen() {
    const { canvas, player } = this;
    // Not offsetX, which counts other pixels where a page shows the player larger.
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [((event.clientX - box.left) * this.width) / box.width,
        ((event.clientY - box.top) * this.height) / box.height];
    };
    const seek = (event) => player.seek(this.timeOf(at(event)[0]));
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      player.stop();
      if (player.track.whole) return;
      seek(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons && canvas.hasPointerCapture(event.pointerId) && !player.track.whole) seek(event);
      const span = this.spanUnder(...at(event));
      const job = span === -1 ? NOBODY : this.facts.run.spans.job[span];
      player.hover(job);
      canvas.title = "";
    });
    canvas.addEventListener("pointerleave", () => player.hover(NOBODY));
  }

  x(time) {
    return this.left + (time / (this.facts.run.end || 1)) * (this.width - this.left - this.right);
  }

  timeOf(x) {
    const share = (x - this.left) / (this.width - this.left - this.right);
    return Math.min(Math.max(share, 0), 1) * this.facts.run.end;
  }

  spanUnder(x, y) {
    const worker = Math.floor((y - this.top) / this.lane);
    if (worker < 0 || worker >= this.facts.run.workers.length || x < this.left) return -1;
    const narrow = this.narrowUnder(worker, x);
    return narrow === -1 ? this.facts.spanAt(worker, this.timeOf(x)) : narrow;
  }

  /** Return the narrow span of a worker that is nearest to a place, if one is near; else -1. */
  narrowUnder(worker, x) {
    const { run, first } = this.facts;
    const { start } = run.spans;
    let [found, least] = [-1, NARROW];
    const last = lastAtMost(start, this.timeOf(x + NARROW), first[worker], first[worker + 1]);
    for (let span = last; span >= Math.max(first[worker], last - MOST_NEAR); span -= 1) {
      const away = Math.abs(this.x(start[span]) + NARROW / 2 - x);
      if (this.x(start[span]) < x - 2 * NARROW) break;
      if (this.isNarrow(span) && away <= least) [found, least] = [span, away];
    }
    return found;
  }

  /** Return how wide it may be, in pixels; narrower than the least it scrolls. */
  room() {
    return Math.max(this.element.clientWidth - 4, 560);
  }

  /** Draw all that does not move: once as past, once as future. */
  prepare() {
    this.width = this.room();
    // Sharp, too, where a page shows the player larger, as slides do.
    const zoom = Number(getComputedStyle(this.player.host).zoom) || 1;
    const scale = (window.devicePixelRatio || 1) * zoom;
    this.scale = scale;
    this.colours = this.player.colours();
    for (const canvas of [this.canvas]) {
      canvas.width = Math.round(this.width * scale);
      canvas.height = Math.round(this.height * scale);
      canvas.style.width = `${this.width}px`;
      canvas.style.height = `${this.height}px`;
    }
    this.layers = [1, 0.28].map((share) => this.layer(share));
    this.context = this.canvas.getContext("2d");
  }

  layer(share) {
    const canvas = document.createElement("canvas");
    canvas.width = this.canvas.width;
    canvas.height = this.canvas.height;
    const context = canvas.getContext("2d");
    context.scale(this.scale, this.scale);
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    context.fillStyle = this.colours.bg;
    context.fillRect(0, 0, this.width, this.height);
    this.drawLanes(context, share);
    this.queues.forEach((queue, place) => this.drawQueue(context, queue, place, share));
    this.drawAxis(context);
    return canvas;
  }

  pattern(context, look, share) {
    const pattern = context.createPattern(
      hatchTile(inTheme(look, this.colours), this.colours.bg, share, this.scale), "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / this.scale));
    return pattern;
  }

  drawLanes(context, share) {
    const { run, first } = this.facts;
    const patterns = run.looks.map((look) => this.pattern(context, look, share));
    const every = Math.ceil(14 / this.lane);
    run.workers.forEach((name, worker) => {
      const y = this.top + worker * this.lane;
      if (worker % every === 0) this.write(context, name, this.left - 8, y + this.lane / 2, "right");
      const spans = first[worker + 1] - first[worker];
      if (spans > (this.width - this.left) / 2) this.drawShares(context, worker, patterns);
      else this.drawBars(context, worker, patterns, share);
    });
  }

  drawBars(context, worker, patterns, share) {
    const { run, first } = this.facts;
    const { spans } = run;
    const height = this.lane > 6 ? this.lane * 0.82 : this.lane;
    const y = this.top + worker * this.lane + (this.lane - height) / 2;
    const narrow = [];
    for (let span = first[worker]; span < first[worker + 1]; span += 1) {
      const look = run.looks[spans.look[span]];
      if (look.name === "stopped" && spans.end[span] === spans.start[span]) continue;
      const [from, to] = [this.x(spans.start[span]), this.x(spans.end[span])];
      if (this.isNarrow(span)) {
        narrow.push([look, from]);
        continue;
      }
      const width = Math.max(to - from - (to - from > 4 ? 1 : 0), 1);
      context.fillStyle = patterns[spans.look[span]];
      context.fillRect(from, y, width, height);
      if (["waiting", "stopped"].includes(look.name) && height > 6) {
        context.strokeStyle = this.colours.line;
        context.strokeRect(from + 0.5, y + 0.5, Math.max(width - 1, 0.5), height - 1);
      }
      const job = spans.job[span];
      if (job !== NOBODY && look.name !== "waiting" && height > 12) {
        this.label(context, run.jobs.id[job], from, width, y + height / 2, look, share);
      }
    }
    for (const [look, from] of narrow) { // last, or the next bar would cover them
      context.fillStyle = mix(look.fill, this.colours.bg, share);
      context.fillRect(from, y, NARROW, height);
    }
  }

  /** Whether a span is work on a job, and so short that it would hardly be seen. */
  isNarrow(span) {
    const { spans } = this.facts.run;
    return spans.job[span] !== NOBODY && this.x(spans.end[span]) - this.x(spans.start[span]) < NARROW;
  }

  label(context, text, from, width, y, look, share) {
    const wide = context.measureText(text).width;
    if (wide > width - 6) return;
    const middle = from + width / 2;
    context.fillStyle = mix(look.fill, this.colours.bg, share);
    if (look.hatch) context.fillRect(middle - wide / 2 - 3, y - 8, wide + 6, 16);
    context.fillStyle = share === 1 ? look.text : this.colours.fg;
    context.textAlign = "center";
    context.fillText(text, middle, y + 0.5);
  }

  /** Divide a lane by shares of time, where bars would be narrower than a pixel or two. */
  drawShares(context, worker, patterns) {
    const { run, first } = this.facts;
    const { spans } = run;
    const columns = Math.floor(this.width - this.left - this.right);
    const spent = patterns.map(() => new Float64Array(columns));
    const column = run.end / columns;
    for (let span = first[worker]; span < first[worker + 1]; span += 1) {
      const row = spent[spans.look[span]];
      const [from, to] = [spans.start[span] / column, spans.end[span] / column];
      for (let at = Math.floor(from); at < Math.min(to, columns); at += 1) {
        row[at] += Math.min(to, at + 1) - Math.max(from, at);
      }
    }
    const height = this.lane > 6 ? this.lane * 0.82 : this.lane;
    const bottom = this.top + worker * this.lane + (this.lane + height) / 2;
    const floor = new Float64Array(columns);
    spent.forEach((row, look) => {
      context.fillStyle = patterns[look];
      context.beginPath();
      for (let at = 0; at < columns; at += 1) {
        const part = row[at] * height;
        if (part > 0) context.rect(this.left + at, bottom - floor[at] - part, 1.02, part);
        floor[at] += part;
      }
      context.fill();
    });
  }

  drawQueue(context, queue, place, share) {
    const { run } = this.facts;
    const top = this.lanesEnd + 12 + place * 54;
    const bottom = top + 36;
    const peak = Math.max(...queue.values, 1);
    const near = queue.capacity !== null && queue.capacity <= 4 * peak;
    const most = near ? Math.max(peak, queue.capacity) : peak;
    const y = (depth) => bottom - (depth / most) * 34;
    this.write(context, queue.name, this.left - 8, (top + bottom) / 2 - 6, "right");
    this.write(context, `0 to ${most}`, this.left - 8, (top + bottom) / 2 + 8, "right", true);
    context.strokeStyle = this.colours.line;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(this.left, bottom + 0.5);
    context.lineTo(this.x(run.end), bottom + 0.5);
    context.stroke();
    if (queue.capacity !== null && queue.capacity <= most) {
      context.setLineDash([4, 3]);
      context.beginPath();
      context.moveTo(this.left, y(queue.capacity));
      context.lineTo(this.x(run.end), y(queue.capacity));
      context.stroke();
      context.setLineDash([]);
    }
    context.beginPath();
    context.moveTo(this.left, y(0));
    queue.times.forEach((time, at) => {
      context.lineTo(this.x(time), y(at ? queue.values[at - 1] : 0));
      context.lineTo(this.x(time), y(queue.values[at]));
    });
    context.lineTo(this.x(run.end), y(queue.values[queue.values.length - 1] ?? 0));
    context.strokeStyle = share === 1 ? this.colours.accent : this.colours.line;
    context.lineWidth = share === 1 ? 2 : 1.5;
    context.stroke();
  }

  drawAxis(context) {
    const { end } = this.facts.run;
    const bottom = this.height - 14;
    const step = niceStep(end / Math.max(Math.floor((this.width - this.left) / 110), 1));
    for (let tick = 0; tick * step <= end * (1 + 1e-9); tick += 1) {
      const time = tick * step;
      const x = this.x(time);
      context.strokeStyle = this.colours.line;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, this.height - 26);
      context.lineTo(x, this.height - 21);
      context.stroke();
      const align = x > this.width - this.right - 24 ? "right" : "center";
      this.write(context, seconds(time), align === "right" ? x + 10 : x, bottom, align, true);
    }
  }

  write(context, text, x, y, align, muted = false) {
    context.fillStyle = muted ? this.colours.muted : this.colours.fg;
    context.textAlign = align;
    let shown = text;
    while (align === "right" && !muted && shown.length > 2 &&
        context.measureText(shown).width > this.left - 12) {
      shown = `${shown.slice(0, -2).replace(/\u2026$/, "")}\u2026`;
    }
    context.fillText(shown, x, y);
  }

  /** Draw a frame: two layers side by side and the cursor, however many spans there are. */
  show(time) {
    if (!this.layers) return;
    const { context, scale } = this;
    this.frames += 1;
    const cut = Math.round(this.x(time) * scale);
    const { width, height } = this.canvas;
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (cut > 0) context.drawImage(this.layers[0], 0, 0, cut, height, 0, 0, cut, height);
    if (cut < width) {
      context.drawImage(this.layers[1], cut, 0, width - cut, height, cut, 0, width - cut, height);
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.drawChosen(context);
    context.strokeStyle = context.fillStyle = this.colours.cursor;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(this.x(time), 8);
    context.lineTo(this.x(time), this.height - 22);
    context.stroke();
    context.beginPath();
    context.arc(this.x(time), 8, 5, 0, 2 * Math.PI);
    context.fill();
  }

  drawChosen(context) {
    const { spans } = this.facts.run;
    const chosen = this.facts.spansOfJob.get(this.player.chosen) || [];
    context.strokeStyle = this.colours.cursor;
    context.lineWidth = 3;
    for (const span of chosen) {
      const from = this.x(spans.start[span]);
      const y = this.top + spans.worker[span] * this.lane;
      context.strokeRect(from, y + 1, Math.max(this.x(spans.end[span]) - from, 2), this.lane - 2);
    }
  }
}

/** Return 1, 2 or 5 times a power of ten, at least `least`. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least || 1));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.999);
}

/** The looks of the bars that occur, each with its name. */
function makeKey(/** @type {Facts} */ facts, colours) {
  const { spans, looks } = facts.run;
  const present = new Set(spans.look.filter((_, n) =>
    spans.end[n] > spans.start[n] || looks[spans.look[n]].name !== "stopped"));
  const swatch = (look) => {
    const canvas = make("canvas", { width: 44, height: 28, "aria-hidden": "true" });
    canvas.style.cssText = "width: 22px; height: 14px; border: 1px solid var(--line)";
    const context = canvas.getContext("2d");
    context.fillStyle = context.createPattern(
      hatchTile(inTheme(look, colours), colours.bg, 1, 2), "repeat");
    context.fillRect(0, 0, 44, 28);
    return canvas;
  };
  return looks.filter((_, place) => present.has(place))
    .map((look) => make("li", {}, swatch(look), look.name));
}

// ---------------------------------------------------------------------------- turns

/** A schedule: what each task knows, and the turns one below the other, a column a task. */
class TurnsView {
  constructor(/** @type {Player} */ player) {
    this.player = player;
    this.board = make("div", { class: "board" });
    this.head = make("tr");
    this.body = make("tbody");
    this.table = make("table", { "aria-label": "who did what, in order" },
      make("thead", {}, this.head), this.body);
    this.scroll = make("div", { class: "scroll", tabindex: "0", role: "group",
      "aria-label": "turns" }, this.table);
    this.element = make("div", {}, this.board, this.scroll);
  }

  use(/** @type {Panel} */ panel) {
    this.panel = panel;
    const tasks = [...new Set(panel.turns.flatMap((turn) => [turn.task]))];
    this.tasks = tasks.sort((a, b) => (b === "main") - (a === "main") ||
      a.localeCompare(b, "en", { numeric: true }));
    const widths = this.tasks.map((task) => this.widthOf(task));
    this.head.replaceChildren(make("th", { scope: "col" }, "turn"), ...this.tasks.map((task, n) => {
      return make("th", { scope: "col", style: `width: ${widths[n]}rem` }, task);
    }));
    this.table.style.minWidth = `${widths.reduce((sum, width) => sum + width, 5)}rem`;
    this.done = -1;
  }

  /** Return how wide a task's column is to be, in rem, for what stands in it. */
  widthOf(task) {
    const texts = this.panel.turns.filter((turn) => turn.task === task)
      .map((turn) => this.words(turn).join(""));
    const longest = Math.max(task.length, ...texts.map((text) => text.length));
    return Math.min(Math.max(longest * 0.45 + 1.4, 5.5), 15);
  }

  /** Return what a box says of a turn: that it is stale, if so, and the rest. */
  words(turn) {
    const ahead = turn.insteadOf ? `, before ${turn.insteadOf}` : "";
    return [turn.stale ? "stale: " : "", turn.text + ahead];
  }

  show(at) {
    const done = Math.floor(at);
    if (done === this.done) return;
    this.done = done;
    this.showBoard(done);
    this.showRows(done);
  }

  /** What the shared numbers are, and what each task last saw of them. */
  showBoard(done) {
    const values = new Map();
    const seen = new Map();
    const last = new Map();
    this.panel.turns.slice(0, done).forEach((turn, number) => {
      last.set(turn.task, turn.text);
      if (turn.value === null) return;
      values.set(turn.subject, turn.value);
      if (!seen.has(turn.task)) seen.set(turn.task, new Map());
      seen.get(turn.task).set(turn.subject, [turn.value, number + 1]);
    });
    const cards = [...values].map(([name, value]) => make("div", { class: "card shared" },
      make("strong", {}, name), make("p", {}, `is ${value}`)));
    const now = this.panel.turns[done - 1]?.task;
    for (const task of this.tasks) {
      const card = make("div", { class: task === now ? "card turn" : "card" },
        make("strong", {}, task), make("p", { class: "muted" }, last.get(task) ?? "not yet"));
      for (const [subject, [value, when]] of seen.get(task) ?? []) {
        const stale = values.get(subject) !== value && this.willAct(task, subject, done);
        card.append(make("p", stale ? { class: "stale" } : { class: "muted" }, stale
          ? `saw ${subject} = ${value} at turn ${when}: stale` : `saw ${subject} = ${value}`));
      }
      cards.push(card);
    }
    this.board.replaceChildren(...cards);
  }

  /** Whether a task still changes a number, and what it knows of it matters. */
  willAct(task, subject, done) {
    return this.panel.turns.slice(done)
      .some((turn) => turn.task === task && turn.subject === subject && turn.stale);
  }

  showRows(done) {
    const { turns } = this.panel;
    const first = Math.max(Math.min(done - TABLE_ROWS / 2, turns.length - TABLE_ROWS), 0);
    const focused = this.element.getRootNode().activeElement?.dataset?.turn;
    this.body.replaceChildren(...turns.slice(first, first + TABLE_ROWS)
      .map((turn, n) => this.row(turn, first + n, done)));
    if (focused) this.body.querySelector(`[data-turn="${focused}"]`)?.focus();
    this.follow();
  }

  /** Scroll sideways to the turn just done; the page itself stays where it is. */
  follow() {
    const cell = this.body.querySelector("tr[aria-current] td:has(button)");
    if (!cell) return;
    const { scrollLeft, clientWidth } = this.scroll;
    const number = this.head.firstChild.offsetWidth; // which stays in sight
    const rim = 5; // around the table, and around the box that decides
    const left = cell.offsetLeft - number - rim;
    const right = cell.offsetLeft + cell.offsetWidth + rim;
    if (left < scrollLeft) this.scroll.scrollLeft = left;
    else if (right > scrollLeft + clientWidth) this.scroll.scrollLeft = right - clientWidth;
  }

  row(turn, place, done) {
    const before = this.panel.turns[place - 1]?.time ?? 0;
    const clock = turn.time === before ? "" : `${seconds(turn.time)}  `;
    const current = place === done - 1;
    const row = make("tr", place >= done ? { class: "later" } : {},
      make("th", { scope: "row" }, `${clock}${place + 1}`));
    if (current) row.setAttribute("aria-current", "step");
    for (const task of this.tasks) {
      const cell = make("td");
      if (task === turn.task) cell.append(this.cell(turn, place));
      else if (current && turn.others.includes(task)) {
        cell.className = "could";
        cell.append("could go");
      }
      row.append(cell);
    }
    return row;
  }

  cell(turn, place) {
    const kinds = [turn.insteadOf ? "ahead" : "", place === this.panel.decides ? "decides" : ""];
    const [stale, words] = this.words(turn);
    const button = make("button", { type: "button", title: stale + words, "data-turn": String(place),
      class: kinds.join(" ").trim() }, make("span", { class: "stale" }, stale), words);
    button.addEventListener("click", () => this.player.seek(place + 1));
    return button;
  }
}

// ---------------------------------------------------------------------------- the player

/** Views of one run and one cursor over all of them. */
class Player {
  constructor(/** @type {HTMLElement} */ host, /** @type {Data} */ data, heading) {
    this.host = host;
    this.heading = heading;
    this.data = data;
    this.facts = new Facts(data.run);
    this.position = 0;
    this.speed = 1;
    this.playing = false;
    this.chosen = NOBODY; // the job whose story is told
    this.pinned = NOBODY; // the one that was clicked
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.undo = [];
    this.root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    this.build();
    this.followTheme();
    this.followSize();
    if (data.panels.length) this.usePanel(0);
    else this.useTrack(timeTrack(this.facts));
  }

  build() {
    const { data, facts } = this;
    this.views = [];
    const timeline = data.run.end > 0 && data.run.workers.length > 0;
    this.section = make("section", { class: "player", "aria-label": data.title });
    this.section.append(make(this.heading, { class: "title" }, data.title), make("p", { class: "muted" }, data.text));
    if (data.panels.length) {
      this.turns = new TurnsView(this);
      this.section.append(this.buildPanels(), this.turns.element);
    } else {
      this.pool = new PoolView(facts, this);
      this.section.append(make("div", { class: "scroll" }, this.pool.element));
    }
    if (timeline) {
      this.timeline = new TimelineView(facts, this);
      this.key = make("ul", { class: "key", "aria-label": "key" });
      this.section.append(this.timeline.element, this.key);
    }
    this.said = make("p", { class: "said", "aria-hidden": "true" });
    // What a screen reader tells: the same, but not of every moment that passes while it plays.
    this.heard = make("p", { class: "heard", "aria-live": "polite" });
    this.section.append(this.buildControls(), this.said, this.heard);
    if (data.run.jobs.id.length && (timeline || this.pool)) {
      this.told = make("p", { class: "story", "aria-live": "polite" });
      this.section.append(this.told);
    }
    this.root.replaceChildren(make("style", {}, STYLE), this.section);
    // JupyterLab would take the keys for its own commands.
    this.host.setAttribute("data-lm-suppress-shortcuts", "true");
    this.on(this.section, "keydown", (event) => this.pressed(event));
  }

  buildPanels() {
    this.panelButtons = this.data.panels.map((panel, place) => {
      const button = make("button", { type: "button" }, `${panel.name}: ${panel.turns.length} turns`);
      button.addEventListener("click", () => this.usePanel(place));
      return button;
    });
    return make("div", { class: "panels", role: "group", "aria-label": "schedule" },
      ...this.panelButtons);
  }

  buildControls() {
    const button = (name, text, act, kind = "") => {
      const made = make("button", { type: "button", "aria-label": name, title: name, class: kind }, text);
      made.addEventListener("click", act);
      return made;
    };
    this.playButton = button("play", "\u25b6 play", () => this.toggle(), "play");
    this.slider = make("input", { type: "range", min: "0", value: "0", "aria-label": "where" });
    this.slider.addEventListener("input", () => {
      this.stop();
      this.seek(Number(this.slider.value));
    });
    // The slider has the same text.
    this.clock = make("output", { "aria-live": "off" });
    this.speeds = make("select", {}, ...SPEEDS.map((speed) =>
      make("option", speed === 1 ? { value: speed, selected: "" } : { value: speed }, `${speed}\u00d7`)));
    this.speeds.addEventListener("change", () => { this.speed = Number(this.speeds.value); });
    const controls = make("div", { class: "controls", role: "group", "aria-label": "controls" },
      make("div", { class: "where" }, this.slider, this.clock),
      button("to the start", "|\u25c0", () => this.jump(0)),
      button("step back", "\u25c0 step", () => this.step(-1)),
      this.playButton,
      button("step forward", "step \u25b6", () => this.step(1)),
      button("to the end", "\u25b6|", () => this.jump(this.track.end)),
      make("label", {}, "speed ", this.speeds));
    if (!this.data.panels.length && this.data.run.jobs.id.length) controls.append(this.buildFinder());
    return controls;
  }

  /** A field that finds any job, whether or not it is to be seen now. */
  buildFinder() {
    const field = make("input", { type: "text", autocomplete: "off", spellcheck: "false" });
    field.addEventListener("input", () => {
      const job = this.data.run.jobs.id.indexOf(field.value.trim());
      this.pinned = job;
      this.choose(job);
      if (job === NOBODY && field.value.trim()) setText(this.told, `There is no job ${field.value.trim()}.`);
    });
    return make("label", {}, "job ", field);
  }

  on(target, event, listener) {
    target.addEventListener(event, listener);
    this.undo.push(() => target.removeEventListener(event, listener));
  }

  // What is played

  usePanel(place) {
    this.stop();
    this.turns.use(this.data.panels[place]);
    this.panelButtons.forEach((button, n) => button.setAttribute("aria-pressed", String(n === place)));
    this.useTrack(turnTrack(this.data.panels[place]));
    if (this.timeline) this.timeline.element.hidden = this.key.hidden = place > 0;
  }

  useTrack(/** @type {Track} */ track) {
    this.track = track;
    this.slider.max = String(track.end || 1);
    this.slider.step = track.whole ? "1" : "any";
    this.slider.disabled = track.end === 0;
    this.choose(NOBODY);
    this.seek(0);
  }

  /** Return the time of the run at the position. */
  time() {
    if (!this.track.whole) return this.position;
    return this.turns.panel.turns[Math.floor(this.position) - 1]?.time ?? 0;
  }

  seek(position) {
    this.position = Math.min(Math.max(position, 0), this.track.end);
    this.show();
  }

  step(direction) {
    this.stop();
    this.seek(direction > 0 ? this.track.next(this.position) : this.track.previous(this.position));
  }

  jump(position) {
    this.stop();
    this.seek(position);
  }

  show() {
    const { position, track } = this;
    // A screen reader that hears of a number in every frame falls behind, and says no more.
    const now = performance.now();
    const legible = !this.playing || now - this.toldAt >= LEGIBLE;
    if (legible) this.toldAt = now;
    this.pool?.show(position, legible);
    this.turns?.show(position);
    this.timeline?.show(this.time());
    if (legible) {
      const label = track.label(position);
      setText(this.clock, label);
      this.slider.value = String(position);
      this.slider.setAttribute("aria-valuetext", label);
    }
    setText(this.said, track.said(position));
    if (!this.playing) setText(this.heard, track.said(position));
  }

  // Playing

  /** Whether things may move, and not only change. */
  moves() {
    return !this.calm.matches;
  }

  toggle() {
    if (this.playing) this.stop();
    else this.play();
  }

  play() {
    if (this.position >= this.track.end) this.seek(0);
    this.playing = true;
    this.showPlaying();
    this.last = null;
    this.owed = 0;
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  stop() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.showPlaying();
    this.show();
  }

  showPlaying() {
    const name = this.playing ? "pause" : "play";
    setText(this.playButton, this.playing ? "|| pause" : "\u25b6\ufe0e play");
    this.playButton.setAttribute("aria-label", name);
    this.playButton.title = name;
  }

  tick(now) {
    if (!this.playing) return;
    const passed = this.last === null ? 0 : Math.min((now - this.last) / 1000, 0.25);
    this.last = now;
    this.advance(passed * this.speed);
    if (this.position >= this.track.end) this.stop();
    else this.frame = requestAnimationFrame((later) => this.tick(later));
  }

  /** Go on by so many seconds of playing: evenly, or from event to event. */
  advance(passed) {
    const { track, position } = this;
    if (this.moves() && !track.whole) {
      this.seek(position + passed * track.pace);
      return;
    }
    this.owed += passed;
    if (this.owed < 1 / 1.1) return;
    this.owed = 0;
    this.seek(track.next(position));
  }

  pressed(event) {
    const inside = event.composedPath()[0];
    const typing = inside.matches('input[type="text"], select');
    const acts = { ArrowRight: () => this.step(1), ArrowLeft: () => this.step(-1),
      Home: () => this.jump(0), End: () => this.jump(this.track.end), " ": () => this.toggle(),
      Escape: () => this.unpin() };
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in acts)) return;
    if (typing && event.key !== "Escape") return;
    if (event.key === " " && inside.matches("button")) return; // it presses the button
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }

  // Stories

  /** Let an element tell a job's story when it is hovered over, focused or clicked. */
  tells(element, job) {
    element.addEventListener("pointerenter", () => this.hover(job));
    element.addEventListener("pointerleave", () => this.hover(NOBODY));
    element.addEventListener("focus", () => this.hover(job));
    element.addEventListener("click", () => {
      this.pinned = this.pinned === job ? NOBODY : job;
      this.hover(job);
    });
  }

  hover(job) {
    this.choose(job === NOBODY ? this.pinned : job);
  }

  unpin() {
    this.pinned = NOBODY;
    this.choose(NOBODY);
  }

  choose(job) {
    const changed = job !== this.chosen;
    this.chosen = job;
    if (this.told) {
      setText(this.told, job === NOBODY
        ? "Point at a job, or go to it with Tab, and it tells its story; a click keeps it."
        : this.facts.story(job));
    }
    if (!changed) return;
    this.pool?.choose(job);
    this.timeline?.show(this.time());
  }

  // Where it is shown

  /** Return the colours of the theme, for canvases. */
  colours() {
    const style = getComputedStyle(this.host);
    const names = ["bg", "panel", "fg", "muted", "line", "accent", "cursor"];
    const colours = names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]);
    return { ...Object.fromEntries(colours), dark: this.host.dataset.theme === "dark" };
  }

  followTheme() {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const use = () => {
      const { jpThemeLight } = document.body.dataset;
      const code = document.body.classList;
      const known = jpThemeLight !== undefined ? jpThemeLight === "false"
        : code.contains("vscode-dark") || (dark.matches && !code.contains("vscode-light"));
      this.host.dataset.theme = known ? "dark" : "light";
      this.redraw();
    };
    this.on(dark, "change", use);
    const watcher = new MutationObserver(use);
    watcher.observe(document.body, { attributeFilter: ["data-jp-theme-light", "class"] });
    this.undo.push(() => watcher.disconnect());
    use();
  }

  followSize() {
    const observer = new ResizeObserver(() => this.redraw());
    observer.observe(this.section);
    this.undo.push(() => observer.disconnect());
    this.on(window, "resize", () => this.redraw()); // zooming changes no size, but the pixels
    // JupyterLab leaves out cells that are out of sight, and nobody tells that their size changed.
    const sight = new IntersectionObserver(() => {
      if (this.timeline && this.timeline.width !== this.timeline.room()) this.redraw();
    });
    sight.observe(this.section);
    this.undo.push(() => sight.disconnect());
  }

  redraw() {
    if (!this.timeline || !this.section.isConnected) return;
    this.timeline.prepare();
    this.key.replaceChildren(...makeKey(this.facts, this.colours()));
    if (this.track) this.timeline.show(this.time());
  }

  destroy() {
    this.stop();
    for (const undo of this.undo) undo();
    this.root.replaceChildren();
  }
}

/**
 * Show `data` in `element`; returns the player. The title is a heading where it is one of the page,
 * and none in a notebook, whose table of contents would list it.
 */
export function mount(element, data, heading = "p") {
  const host = document.createElement("div");
  element.replaceChildren(host);
  const player = new Player(host, data, heading);
  host.player = player; // for whoever wants to drive it
  return player;
}

export default {
  render({ model, el }) {
    const player = mount(el, JSON.parse(model.get("data")));
    return () => player.destroy();
  },
};
