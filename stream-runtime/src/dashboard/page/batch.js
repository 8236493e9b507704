// The page of one batch.

const BATCH_TABLES = {
  inputs: () => table({ title: "Inputs", key: (it) => it.name }, [
    text("Input", (it) => it.name), number("Records", (it) => it.records), number("Bytes", (it) => it.bytes, bytes),
  ]),
  stages: () => table({ title: "Stages", key: (_, at) => at, empty: "No stage was run." }, [
    number("Stage", (it) => it.stage), text("Begins with", (it) => site(it.site)), number("Records", (it) => it.records),
    number("Tasks", (it) => it.tasks), number("Duration", (it) => it.duration_us, duration),
  ]),
  outputs: () => table({ title: "Outputs", key: (it) => it.id, empty: "No output is done." }, [
    number("Output", (it) => it.id), text("Operation", (it) => site(it.site)), number("Records", (it) => it.records),
    number("Started after", (it) => it.started_after_us, duration), number("Duration", (it) => it.duration_us, duration),
    text("Status", (it) => it.failure ? { text: "failed", kind: "bad" } : { text: "done", kind: "good" }),
    text("Error", (it) => it.failure ? { text: it.failure, kind: "bad wrap" } : ""),
  ]),
  failures: () => table({ title: "Attempts that failed, of many the newest", key: (it) => it.attempt, empty: "None failed." }, [
    number("Attempt", (it) => it.attempt), text("Error", (it) => ({ text: it.failure, kind: "bad wrap" })), text("Then", (it) => it.next),
  ]),
  watermarks: TABLES.watermarks, late: TABLES.late, states: TABLES.states, checkpoint: TABLES.checkpoint,
};

function tile(name, value, kind) {
  return el("div", { class: kind || null }, el("dt", {}, name), el("dd", {}, value));
}

/** Shows a batch, with its tables. */
function batchPage(place, batch) {
  const done = batch.ended_us !== undefined;
  const state = done ? ["completed", "good"] : batch.has_failed ? ["failed", "bad"] : ["running", ""];
  const tiles = [
    tile("Status", state[0], state[1]), tile("Records", count(batch.records)),
    tile("Scheduling delay", duration(batch.scheduling_us)),
    tile(done ? "Processing time" : "Running for", duration(done ? batch.processing_us : batch.elapsed_us)),
    done ? tile("Total delay", duration(batch.total_us)) : null,
    done ? tile("Interval", duration(batch.interval_us)) : null,
    tile("Attempts", count(batch.attempts || batch.attempt), (batch.attempts || batch.attempt) > 1 ? "bad" : ""),
    batch.dead ? tile("Put aside", count(batch.dead), "bad") : null,
    tile("Submitted", clock(batch.submitted_us)),
    batch.started_us ? tile("Begun", clock(batch.started_us)) : null,
    done ? tile("Done", clock(batch.ended_us)) : null,
  ];
  const tables = Object.entries(BATCH_TABLES).filter(([name]) => batch[name] !== undefined).map(([name, make]) => {
    const it = make(), rows = batch[name];
    it.draw(Array.isArray(rows) ? rows : rows === null ? [] : [rows]);
    return it.node;
  });
  place.replaceChildren(
    el("p", {}, el("a", { href: "#batches" }, "← All batches")),
    el("h2", { tabindex: "-1" }, "Batch of " + moment(batch.time_us)),
    el("dl", { class: "tiles" }, ...tiles.filter(Boolean)), ...tables);
  return done;
}
