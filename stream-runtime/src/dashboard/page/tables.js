// Tables that keep their rows: only what has changed is touched, so that links and selections live.

/**
 * A table. `columns`: a title, the cell of a row (a text, or text with href, kind and title), the value
 * to sort by, and whether it is a number. `options`: title, key of a row, what to say when there is none,
 * rows on a page, and whether rows stand still for whoever is about to choose one.
 */
function table(options, columns) {
  const body = el("tbody"), empty = el("p", { class: "hint" }, options.empty || "none");
  const size = el("span", { class: "size" });
  const headers = columns.map((column, index) => header(column, index));
  const element = el("table", {}, el("caption", { class: "hidden" }, options.title), el("thead", {}, el("tr", {}, ...headers)), body);
  const pages = el("p", { class: "pages" });
  const node = el("div", { class: "card" }, el("h3", {}, options.title, " ", size), el("div", { class: "scroll" }, element), pages, empty);
  const kept = new Map();
  let sort = null, falling = true, page = 0, rows = [];

  function header(column, index) {
    const kind = column.number ? "number" : null;
    if (!column.value) return el("th", { scope: "col", class: kind }, column.title);
    const button = el("button", { type: "button", onclick: () => order(index) }, column.title);
    return el("th", { scope: "col", class: kind }, button);
  }

  function order(index) {
    falling = sort === index ? !falling : true;
    sort = index;
    page = 0;
    headers.forEach((it, at) => {
      if (at === index) it.setAttribute("aria-sort", falling ? "descending" : "ascending");
      else it.removeAttribute("aria-sort");
    });
    draw(rows);
  }

  function sorted() {
    if (sort === null) return rows;
    const value = columns[sort].value, sign = falling ? -1 : 1;
    return [...rows].sort((a, b) => sign * (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
  }

  /** Draws what has come, unless somebody is about to choose a row. */
  function update(all) {
    const held = options.holds && (body.matches(":hover") || body.contains(document.activeElement));
    if (held) say(size, "(standing still while you choose)");
    else draw(all);
  }

  function draw(all) {
    rows = all;
    const limit = options.page || 1000, last = Math.max(0, Math.ceil(rows.length / limit) - 1);
    page = Math.min(page, last);
    const shown = sorted().slice(page * limit, (page + 1) * limit), seen = new Set();
    shown.forEach((row, index) => {
      const key = String(options.key(row, index));
      seen.add(key);
      let line = kept.get(key);
      if (!line) kept.set(key, line = el("tr", {}, ...columns.map((column) => el("td", { class: column.number ? "number" : null }))));
      columns.forEach((column, at) => cell(line.children[at], column, row));
      if (body.children[index] !== line) body.insertBefore(line, body.children[index] || null);
    });
    for (const [key, line] of kept) if (!seen.has(key)) { line.remove(); kept.delete(key); }
    say(size, rows.length > 1 ? "(" + count(rows.length) + ")" : "");
    empty.hidden = rows.length > 0;
    element.hidden = rows.length === 0;
    turn(last);
  }

  function cell(place, column, row) {
    const it = column.cell(row), { text, href, kind, title } = typeof it === "object" ? it : { text: it };
    if (href) {
      const link = place.firstElementChild || place.appendChild(el("a"));
      if (link.getAttribute("href") !== href) link.setAttribute("href", href);
      say(link, text);
    } else {
      say(place, String(text));
    }
    const wanted = [column.number ? "number" : "", kind || ""].filter(Boolean).join(" ");
    if (place.className !== wanted) place.className = wanted;
    if (place.title !== (title || "")) place.title = title || "";
  }

  function turn(last) {
    pages.hidden = last === 0;
    if (!pages.children.length) {
      pages.append(el("button", { type: "button", onclick: () => { page -= 1; draw(rows); } }, "Previous"), el("span"),
        el("button", { type: "button", onclick: () => { page += 1; draw(rows); } }, "Next"));
    }
    const [previous, where, next] = pages.children;
    previous.disabled = page === 0;
    next.disabled = page === last;
    say(where, "page " + (page + 1) + " of " + (last + 1));
  }

  return { node, draw, update };
}

const number = (title, value, text = count) => ({ title, value, number: true, cell: (row) => text(value(row)) });
const text = (title, cell) => ({ title, cell });
const total = (row) => row.scheduling_us + row.processing_us;

const TABLES = {
  inputs: () => table({ title: "Inputs", key: (it) => it.name }, [
    text("Input", (it) => it.name),
    number("Records/s", (it) => it.records_per_second, rate),
    number("Records", (it) => it.records),
    number("Bytes", (it) => it.bytes, bytes),
    text("Receiver", (it) => it.receiver ? { text: it.receiver.phase, kind: { receiving: "good", restarting: "bad" }[it.receiver.phase] } : "none"),
    { title: "Limit", number: true, cell: (it) => it.receiver && it.receiver.records_per_second_max !== null ? rate(it.receiver.records_per_second_max) : "none" },
    number("In flight", (it) => it.receiver ? it.receiver.in_flight : 0, short),
    number("Restarts", (it) => it.receiver ? it.receiver.restarts : 0),
    number("Errors", (it) => it.receiver ? it.receiver.errors : 0),
    text("Last error", (it) => it.receiver && it.receiver.last_error ? { text: clock(it.receiver.last_error_us) + " " + it.receiver.last_error, kind: "long", title: it.receiver.last_error } : ""),
  ]),
  outputs: () => table({ title: "Outputs", key: (it) => it.id }, [
    text("Output", (it) => it.name),
    number("Records/s", (it) => it.records_per_second, rate),
    number("Records", (it) => it.records),
    number("Runs", (it) => it.runs),
    number("Mean time", (it) => it.runs ? it.duration_us / it.runs : 0, duration),
    { ...number("Failures", (it) => it.failures), cell: (it) => ({ text: count(it.failures), kind: it.failures ? "bad" : "" }) },
    text("Last failure", (it) => it.last_failure ? { text: clock(it.last_failure_us) + " " + it.last_failure, kind: "long", title: it.last_failure } : ""),
  ]),
  states: () => table({ title: "States", key: (it) => it.name, empty: "The pipeline remembers nothing." }, [
    text("State", (it) => it.name), number("Keys", (it) => it.keys), number("Memory", (it) => it.bytes, bytes),
  ]),
  watermarks: () => table({ title: "Watermarks", key: (_, at) => at, empty: "The pipeline has no event time." }, [
    text("Where", (it) => site(it.site)), text("Watermark", (it) => moment(it.watermark_us)),
    number("Behind", (it) => it.lag_us, duration), text("", (it) => it.is_idle ? "idle" : ""),
  ]),
  late: () => table({ title: "Late records", key: (_, at) => at, empty: "The pipeline has no windows over event time." }, [
    text("Window", (it) => site(it.site)), number("Records", (it) => it.records),
  ]),
  checkpoint: () => table({ title: "Checkpoint", key: () => 0, empty: "The job has no checkpoint." }, [
    text("Newest batch in it", (it) => it.committed_us === null ? "none yet" : clock(it.committed_us)),
    number("Age", (it) => it.age_us, duration), number("Written", (it) => it.written_bytes, bytes),
  ]),
  running: () => table({ title: "Running", key: (it) => it.time_us, empty: "No batch is under way." }, [
    text("Batch", (it) => ({ text: clock(it.time_us), href: "#/batch/" + it.time_us })),
    text("Status", (it) => it.has_failed ? { text: "failed", kind: "bad" } : it.attempt > 1 ? { text: "attempt " + count(it.attempt), kind: "bad" } : "running"),
    number("Records", (it) => it.records), number("Scheduling delay", (it) => it.scheduling_us, duration),
    number("Running for", (it) => it.elapsed_us, duration),
    text("Now in", (it) => it.at ? site(it.at.site) : ""),
    text("Error", (it) => { const last = it.failures[it.failures.length - 1]; return last ? { text: last.failure, kind: "long bad", title: last.failure } : ""; }),
  ]),
  waiting: () => table({ title: "Waiting", key: (it) => it.time_us, page: 5, empty: "No batch waits." }, [
    text("Batch", (it) => clock(it.time_us)), text("Status", () => "queued"),
  ]),
  completed: () => table({ title: "Completed", key: (it) => it.number, page: 25, holds: true, empty: "No batch is done yet." }, [
    { title: "Batch", value: (it) => it.time_us, cell: (it) => ({ text: clock(it.time_us), href: "#/batch/" + it.time_us }) },
    number("Records", (it) => it.records), number("Scheduling delay", (it) => it.scheduling_us, duration),
    number("Processing time", (it) => it.processing_us, duration), number("Total delay", total, duration),
    number("Outputs", (it) => it.outputs),
    { ...number("Attempts", (it) => it.attempts), cell: (it) => ({ text: count(it.attempts), kind: it.attempts > 1 ? "bad" : "" }) },
    { ...number("Put aside", (it) => it.dead), cell: (it) => ({ text: count(it.dead), kind: it.dead ? "bad" : "" }) },
    { title: "Error", value: (it) => it.failure || "", cell: (it) => it.failure ? { text: it.failure, kind: "long bad", title: it.failure } : "" },
  ]),
};
