// The page: listens to what happens, and draws it at most ten times a second.

const KEY = "stream-token", KEEP = 1000, APART = 100;
const job = { live: null, rows: [], ended: false };

// The token is taken out of the address, so that it is in no history and no screenshot.
const query = new URLSearchParams(location.search);
if (query.has("token")) {
  sessionStorage.setItem(KEY, query.get("token"));
  history.replaceState(null, "", location.pathname + location.hash);
}

function ask(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  return fetch(path, { ...options, headers: token ? { Authorization: "Bearer " + token } : {} });
}

// Charts.

const charts = [
  chart({ title: "Input rate", value: (row) => row.records * 1e6 / row.interval_us, text: rate }),
  chart({ title: "Scheduling delay", value: (row) => row.scheduling_us, text: duration }),
  chart({ title: "Processing time", value: (row) => row.processing_us, text: duration, limit: (row) => row.interval_us }),
  chart({ title: "Total delay", value: total, text: duration }),
];
const perInput = el("details", {}, el("summary", {}, "Input rate of each input"));
let inputCharts = null;

function drawCharts() {
  const inputs = job.live.totals.inputs;
  if (!inputCharts) {
    inputCharts = inputs.map((input, at) => chart({ title: input.name, value: (row) => (row.inputs[at] || 0) * 1e6 / row.interval_us, text: rate }));
    perInput.append(...inputCharts.map((it) => it.node));
    perInput.hidden = inputs.length < 2;
  }
  charts.forEach((it) => it.draw(job.rows));
  if (perInput.open) inputCharts.forEach((it) => it.draw(job.rows));
}

// Tiles.

const tiles = new Map();

function drawTile(name, value, kind = "", hint = "") {
  if (!tiles.has(name)) {
    tiles.set(name, tile(name, ""));
    $("tiles").append(tiles.get(name));
  }
  const node = tiles.get(name);
  say(node.lastChild, value);
  node.className = kind;
  node.title = hint;
}

function drawTiles() {
  const { job: it, totals, waiting, checkpoint } = job.live, newest = job.rows[job.rows.length - 1];
  const input = totals.inputs.reduce((sum, one) => sum + one.records_per_second, 0);
  drawTile("Input", rate(input), "", "records per second of batch interval, over the last batches");
  drawTile("Batch interval", duration(it.batch_interval_us));
  drawTile("Processing time", newest ? duration(newest.processing_us) : "–", newest && newest.processing_us > newest.interval_us ? "warn" : "", "of the last batch");
  drawTile("Total delay", newest ? duration(total(newest)) : "–", "", "of the last batch");
  drawTile("Waiting", plural(waiting, "batch", "batches"), waiting > 1 ? "warn" : "");
  drawTile("Completed", plural(totals.batches, "batch", "batches"));
  drawTile("Records", short(totals.processed), "", count(totals.processed));
  drawTile("Running for", duration(it.elapsed_us), "", it.started_us ? "since " + moment(it.started_us) : "");
  drawTile("Failed attempts", count(totals.failed_attempts), totals.failed_attempts ? "bad" : "");
  drawTile("Late", plural(totals.late, "record", "records"), totals.late ? "warn" : "");
  drawTile("Put aside", plural(totals.dead, "record", "records"), totals.dead ? "bad" : "");
  drawTile("Checkpoint", checkpoint ? bytes(checkpoint.written_bytes) : "none", "", "written by this run");
  drawTile("Checkpoint age", checkpoint ? duration(checkpoint.age_us) : "–");
  drawTile("Threads, partitions", it.threads + ", " + it.partitions);
}

// Verdict.

let spoken = "";

function drawVerdict() {
  const { verdict, job: it } = job.live;
  $("verdict").dataset.kind = verdict.kind;
  say($("kind"), words(verdict.kind));
  say($("reason"), verdict.reason);
  say($("name"), it.pipeline);
  say($("package"), it.package + " " + it.version);
  $("stop").disabled = job.ended || it.state === "stopping" || it.state === "stopped";
  document.title = words(verdict.kind) + " – " + it.pipeline;
  // Read aloud when the word changes, not with every number in the sentence.
  if (spoken !== verdict.kind) say($("spoken"), "The job is " + words(verdict.kind) + ": " + verdict.reason);
  spoken = verdict.kind;
}

// Everything.

const graph = planGraph($("graph"));
const tables = {};
for (const [name, make] of Object.entries(TABLES)) {
  tables[name] = make();
  ($(name) || $("kept-tables")).append(tables[name].node);
}
$("charts").append(...charts.map((it) => it.node), perInput);

function drawAll() {
  const { live } = job;
  drawTiles();
  drawCharts();
  graph.update(live);
  for (const name of ["states", "watermarks", "late"]) tables[name].draw(live[name]);
  tables.inputs.draw(live.totals.inputs);
  tables.outputs.draw(live.totals.outputs);
  tables.checkpoint.draw(live.checkpoint ? [live.checkpoint] : []);
  tables.running.draw(live.running ? [live.running] : []);
  tables.waiting.draw(live.waiting_us.map((time_us) => ({ time_us })));
  tables.completed.update([...job.rows].reverse());
}

let drawnAt = 0, asked = false;

/** Draws soon: what comes meanwhile is drawn with it. */
function redraw() {
  if (asked) return;
  asked = true;
  setTimeout(() => requestAnimationFrame(() => {
    asked = false;
    drawnAt = performance.now();
    if (!job.live) return;
    drawVerdict();
    if (!$("all").hidden) drawAll();
  }), Math.max(0, APART - (performance.now() - drawnAt)));
}

// Events.

function take(name, change) {
  const before = job.live;
  if (before && before.job.started_us && change.live.job.started_us !== before.job.started_us) {
    location.reload(); // another run of the program
  }
  job.live = change.live;
  interval = change.live.job.batch_interval_us || interval;
  const newest = job.rows.length ? job.rows[job.rows.length - 1].number : 0;
  job.rows.push(...change.rows.filter((row) => row.number > newest));
  job.rows.splice(0, job.rows.length - KEEP);
  job.ended = name === "end";
  lost(job.ended ? "The job has ended. What is shown is how it was then." : "");
  redraw();
}

function lost(why) {
  $("lost").hidden = !why;
  say($("lost"), why);
}

/** Reads server-sent events until there are no more. */
async function listen() {
  const newest = job.rows.length ? job.rows[job.rows.length - 1].number : 0;
  const response = await ask("/api/events?after=" + newest);
  if (response.status === 401) return location.reload();
  if (!response.ok) throw new Error((await response.json()).error);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event), data = /^data: (.*)$/m.exec(event);
      if (name && data) take(name[1], JSON.parse(data[1]));
    }
  }
}

async function listenForEver() {
  for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
    try {
      await listen();
      pause = 500;
      if (!job.ended) lost("The connection was closed. Trying again …");
    } catch (error) {
      if (!job.ended) lost("The job cannot be reached (" + error.message + "). Trying again …");
    }
    await new Promise((resume) => setTimeout(resume, pause));
  }
}

// The page of one batch.

let shown = 0;

async function showBatch(time) {
  const mine = ++shown;
  for (let first = true; mine === shown; first = false) {
    let done = true;
    try {
      const response = await ask("/api/batches/" + time);
      const batch = await response.json();
      if (mine !== shown) return;
      if (response.ok) done = batchPage($("one"), batch);
      else $("one").replaceChildren(el("p", {}, el("a", { href: "#batches" }, "← All batches")), el("p", { class: "notice" }, batch.error));
    } catch (error) {
      if (first) $("one").replaceChildren(el("p", { class: "notice" }, "The job cannot be reached."));
    }
    if (first && $("one").querySelector("h2")) $("one").querySelector("h2").focus();
    if (done) return;
    await new Promise((resume) => setTimeout(resume, 1000));
  }
}

function route() {
  const batch = /^#\/batch\/(\d+)$/.exec(location.hash);
  $("all").hidden = Boolean(batch);
  $("one").hidden = !batch;
  if (batch) {
    scrollTo(0, 0);
    showBatch(batch[1]);
  } else {
    shown += 1;
    redraw();
    const part = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (part) part.scrollIntoView();
  }
}

// Stopping.

function openStop(error) {
  $("ask-token").hidden = Boolean(sessionStorage.getItem(KEY));
  say($("ask-error"), error || "");
  if (!$("ask").open) $("ask").showModal();
  ($("ask-token").hidden ? $("ask-no") : $("token")).focus();
}

async function stop() {
  if (!$("ask-token").hidden) sessionStorage.setItem(KEY, $("token").value.trim());
  try {
    const response = await ask("/api/stop", { method: "POST" });
    if (response.ok) return $("ask").close();
    sessionStorage.removeItem(KEY);
    openStop((await response.json()).error);
  } catch (error) {
    openStop("The job cannot be reached.");
  }
}

$("stop").addEventListener("click", () => openStop());
$("ask-no").addEventListener("click", () => $("ask").close());
$("ask-yes").addEventListener("click", stop);
$("token").addEventListener("keydown", (event) => { if (event.key === "Enter") stop(); });
addEventListener("hashchange", route);
addEventListener("resize", redraw);
perInput.addEventListener("toggle", redraw);
ask("/api/plan").then((response) => response.json()).then((plan) => { graph.set(plan); redraw(); }).catch(() => {});
route();
listenForEver();
