// Timelines with the distribution of the same values beside them.

const HIGH = 120, LEFT = 56, BELOW = 18, BINS = 12, BESIDE = 110;

/** The next number above that is easy to read: 1, 2, 2.5 or 5 times a power of ten. */
function above(number) {
  if (!(number > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(number));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= number * 0.9999);
}

/**
 * A chart of one value of each batch. `options`: title, value of a row, text of a value, limit of a
 * row (a dashed line) or nothing.
 */
function chart(options) {
  const readout = el("span", { class: "readout" });
  const mean = el("span", { class: "mean" }), legend = el("span", { class: "legend" });
  const area = svg("path", { class: "area" }), line = svg("path", { class: "line" });
  const limit = svg("path", { class: "limit" });
  const marks = svg("g", { class: "marks" }), bins = svg("g", { class: "bins" });
  const cursor = svg("line", { class: "cursor", y1: 0, y2: HIGH, visibility: "hidden" });
  const axes = svg("g", { class: "axes" });
  const time = svg("svg", { class: "time", height: HIGH + BELOW + 4, role: "img" }, axes, area, line, limit, marks, cursor);
  const beside = svg("svg", { class: "beside", width: BESIDE, height: HIGH + BELOW + 4, "aria-hidden": "true" }, bins);
  const node = el("figure", { class: "chart card" },
    el("figcaption", {}, el("b", {}, options.title), mean, legend, readout),
    el("div", { class: "plots" }, time, beside));
  let points = [], at = null;

  function draw(rows) {
    points = rows.map((row) => ({ row, value: options.value(row), limit: options.limit ? options.limit(row) : 0 }));
    const wide = Math.max(time.clientWidth || 0, 120) - LEFT - 6;
    const values = points.map((point) => point.value);
    const sum = values.reduce((a, b) => a + b, 0);
    const average = values.length ? sum / values.length : 0;
    const highest = values.reduce((a, b) => Math.max(a, b), 0);
    // The line of the limit is shown unless it would flatten everything else.
    const bound = points.reduce((a, point) => Math.max(a, point.limit), 0);
    const top = above(bound > highest && bound <= highest * 8 ? bound * 1.05 : highest);
    say(mean, values.length ? "average " + options.text(average) : "no batch yet");
    time.setAttribute("aria-label", options.title + ", average " + options.text(average) + ", at most " + options.text(highest));
    const first = points.length ? points[0].row.time_us : 0;
    const span = Math.max(1, (points.length ? points[points.length - 1].row.time_us : 1) - first);
    const y = (value) => +(HIGH - (Math.min(value, top) / top) * (HIGH - 6)).toFixed(1);
    for (const point of points) {
      point.x = +(LEFT + (points.length > 1 ? (point.row.time_us - first) / span : 1) * wide).toFixed(1);
      point.y = y(point.value);
    }
    const path = points.map((point, at) => (at ? "L" : "M") + point.x + " " + point.y).join("");
    line.setAttribute("d", path || "M0 0");
    const [start, end] = [points[0], points[points.length - 1]];
    area.setAttribute("d", path ? path + "L" + end.x + " " + HIGH + "L" + start.x + " " + HIGH + "Z" : "M0 0");
    const limited = options.limit && bound <= top ? points : [];
    say(legend, bound ? "interval " + options.text(points[points.length - 1].limit) + (limited.length ? "" : ", far above") : "");
    limit.setAttribute("d", limited.map((point, at) => (at ? "L" : "M") + point.x + " " + y(point.limit)).join("") || "M0 0");
    marks.replaceChildren(...points.filter((point) => point.row.failure)
      .map((point) => svg("circle", { cx: point.x, cy: point.y, r: 3 })));
    drawAxes(top, y, wide, start, end);
    drawBins(values, top);
    point(at);
  }

  function drawAxes(top, y, wide, start, end) {
    const steps = [0, 0.5, 1].map((part) => part * top);
    axes.replaceChildren(
      ...steps.map((value) => svg("line", { x1: LEFT, x2: LEFT + wide, y1: y(value), y2: y(value) })),
      ...steps.map((value) => svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, options.text(value))),
      ...(start ? [svg("text", { x: LEFT, y: HIGH + BELOW }, clock(start.row.time_us)),
        svg("text", { x: LEFT + wide, y: HIGH + BELOW, "text-anchor": "end" }, clock(end.row.time_us))] : []));
  }

  function drawBins(values, top) {
    const counts = new Array(BINS).fill(0);
    for (const value of values) counts[Math.min(BINS - 1, Math.floor((value / top) * BINS))] += 1;
    const most = Math.max(1, ...counts), step = (HIGH - 6) / BINS;
    bins.replaceChildren(
      ...counts.map((number, at) => svg("rect", {
        x: 0, y: (HIGH - (at + 1) * step + 1).toFixed(1), height: (step - 2).toFixed(1),
        width: (number ? Math.max(1.5, (number / most) * (BESIDE - 6)) : 0).toFixed(1),
      }, svg("title", {}, plural(number, "batch", "batches")))),
      svg("text", { x: 0, y: HIGH + BELOW }, "at most " + count(most)));
  }

  /** Shows the value at a point. */
  function point(index) {
    at = index;
    const it = index === null ? null : points[Math.min(index, points.length - 1)];
    cursor.setAttribute("visibility", it ? "visible" : "hidden");
    say(readout, it ? clock(it.row.time_us) + "  " + options.text(it.value) : "");
    if (!it) return;
    cursor.setAttribute("x1", it.x);
    cursor.setAttribute("x2", it.x);
  }

  function nearest(event) {
    const x = event.clientX - time.getBoundingClientRect().left;
    let best = points.length ? 0 : null;
    points.forEach((it, index) => { if (Math.abs(it.x - x) < Math.abs(points[best].x - x)) best = index; });
    return best;
  }

  time.addEventListener("pointermove", (event) => point(nearest(event)));
  time.addEventListener("pointerleave", () => point(null));
  time.addEventListener("click", (event) => {
    const index = nearest(event);
    if (index !== null) location.hash = "#/batch/" + points[index].row.time_us;
  });
  return { node, draw };
}
