// The plan as a graph: a box for each run of fused operators, in layers from the inputs on.

const MOVEMENTS = { buffer: "kept in place", shuffle: "shuffle by key", gather: "gather", deal: "deal out", batch: "whole batch", fused: "" };
const WINDOWS = ["tumbling", "sliding", "session"];
const LINE = 19, HEAD = 24, LETTER = 7.1, NOTE = 84, WIDEST = 360;

/** Whether something is written to the right of a node's name, as long as `NOTE`; late records take more. */
const noted = (node) => WINDOWS.includes(node.operator) ? NOTE + 50
  : node.operator === "source" || node.state || node.operator === "event_time" ? NOTE : 0;

function nodeName(node) {
  if (node.operator === "source") return node.names[0] || "source";
  if (node.output && node.names.length) return node.operator + " " + node.names[0];
  return node.names.length ? node.operator + " as " + node.names.join(", ") : node.operator;
}

/** Boxes and arrows of a plan. */
function planBoxes(plan) {
  const takers = plan.nodes.map(() => 0), boxOf = [], boxes = [];
  for (const node of plan.nodes) for (const edge of node.inputs) takers[edge.from] += 1;
  plan.nodes.forEach((node, index) => {
    const [edge] = node.inputs;
    const joins = node.inputs.length === 1 && edge.movement === "fused" && takers[edge.from] === 1 && !node.output;
    const box = joins ? boxOf[edge.from] : { nodes: [], stage: node.stage, output: node.output, rank: 0 };
    if (!joins) boxes.push(box);
    box.nodes.push(index);
    boxOf[index] = box;
  });
  const edges = [];
  plan.nodes.forEach((node, index) => {
    for (const edge of node.inputs) {
      if (boxOf[edge.from] === boxOf[index]) continue;
      const port = plan.nodes[edge.from].names;
      edges.push({ from: boxOf[edge.from], to: boxOf[index], movement: edge.movement, output: node.output, port: port.length > 1 ? port[edge.port] : "" });
      boxOf[index].rank = Math.max(boxOf[index].rank, boxOf[edge.from].rank + 1);
    }
  });
  return { boxes, edges };
}

/** Puts boxes into layers, from left to right or from the top down. */
function planLayout(plan, { boxes, edges }, down) {
  const layers = [];
  for (const box of boxes) {
    const needs = (node) => nodeName(node).length * LETTER + 20 + noted(node);
    box.w = Math.min(WIDEST, Math.max(150, ...box.nodes.map((at) => needs(plan.nodes[at]))));
    box.h = HEAD + box.nodes.length * LINE + 8;
    (layers[box.rank] ||= []).push(box);
  }
  const gap = down ? 62 : 104, beside = 22;
  let along = 12, widest = 0;
  for (const layer of layers) {
    const before = (box) => {
      const from = edges.filter((edge) => edge.to === box).map((edge) => edge.from.middle || 0);
      return from.length ? from.reduce((a, b) => a + b, 0) / from.length : 0;
    };
    layer.sort((a, b) => before(a) - before(b));
    let across = 12;
    for (const box of layer) {
      if (down) { box.x = across; box.y = along; across += box.w + beside; }
      else { box.x = along; box.y = across; across += box.h + beside; }
      box.middle = down ? box.x + box.w / 2 : box.y + box.h / 2;
    }
    layer.size = across;
    widest = Math.max(widest, across);
    along += Math.max(...layer.map((box) => (down ? box.h : box.w))) + gap;
  }
  for (const layer of layers) for (const box of layer) box[down ? "x" : "y"] += (widest - layer.size) / 2;
  const length = along - gap + 12;
  return down ? { w: widest, h: length } : { w: length, h: widest };
}

/** The plan, drawn into a place that is looked at again when its width changes. */
function planGraph(place) {
  let plan = null, live = null, drawn = null, notes = [];

  function draw() {
    if (!plan) return;
    const down = place.clientWidth < 720;
    if (drawn === down) return;
    drawn = down;
    const parts = planBoxes(plan), size = planLayout(plan, parts, down);
    notes = [];
    const root = svg("svg", { width: size.w, height: size.h, viewBox: "0 0 " + size.w + " " + size.h, class: "graph", role: "img", "aria-label": "The plan of " + plan.pipeline },
      svg("defs", {}, svg("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 10, markerHeight: 10, markerUnits: "userSpaceOnUse", orient: "auto" }, svg("path", { d: "M0 0L8 4L0 8Z", class: "tip" }))),
      ...parts.edges.map((edge) => drawEdge(edge, parts, down)), ...parts.boxes.map(drawBox));
    // A little too wide is made to fit; more than that is for scrolling.
    if (!down && size.w * 0.7 < place.clientWidth) root.classList.add("fits");
    place.replaceChildren(root);
    update();
  }

  function drawEdge(edge, parts, down) {
    const { from, to } = edge;
    const [x1, y1, x2, y2] = down ? [from.x + from.w / 2, from.y + from.h, to.x + to.w / 2, to.y] : [from.x + from.w, from.y + from.h / 2, to.x, to.y + to.h / 2];
    const bend = (down ? y2 - y1 : x2 - x1) * 0.5;
    const curve = down ? "C" + [x1, y1 + bend, x2, y2 - bend, x2, y2].join(" ") : "C" + [x1 + bend, y1, x2 - bend, y2, x2, y2].join(" ");
    const middle = [(x1 + x2) / 2, (y1 + y2) / 2];
    const how = [edge.port, edge.output ? "" : MOVEMENTS[edge.movement]].filter(Boolean).join(", ");
    const label = svg("text", { class: "rate", x: middle[0], y: middle[1] - 5, "text-anchor": "middle" });
    const only = parts.edges.filter((other) => other.to === to).length === 1;
    const output = edge.output ? outputNumber(to.nodes[0]) : null;
    // Of a stage with several inputs only the sum is known, which stands in its box.
    if (edge.output) notes.push(() => say(label, rate(live.totals.outputs[output].records_per_second)));
    else if (only && from.stage !== to.stage) notes.push(() => say(label, rate(live.totals.stages[to.stage].records_per_second)));
    return svg("g", {}, svg("path", { class: "edge " + edge.movement, d: "M" + x1 + " " + y1 + curve, "marker-end": "url(#tip)" }), label,
      svg("text", { class: "how", x: middle[0], y: middle[1] + 11, "text-anchor": "middle" }, how));
  }

  function drawBox(box) {
    const right = svg("text", { class: "note", x: box.w - 8, y: 16, "text-anchor": "end" });
    const head = box.output ? "output" : "stage " + box.stage;
    const lines = box.nodes.map((at, row) => drawLine(plan.nodes[at], at, box, HEAD + row * LINE + 14));
    if (box.output) notes.push(() => noteOutput(box, right));
    else notes.push(() => noteStage(box, right));
    return svg("g", { transform: "translate(" + box.x + " " + box.y + ")" },
      box.shape = svg("rect", { class: "box" + (box.output ? " output" : ""), width: box.w, height: box.h, rx: box.output ? 14 : 6 }),
      svg("text", { class: "head", x: 10, y: 16 }, head), right, ...lines);
  }

  function noteOutput(box, right) {
    const it = live.totals.outputs[outputNumber(box.nodes[0])];
    say(right, it.failures ? count(it.failures) + " failed" : duration(it.runs ? it.duration_us / it.runs : 0) + " each");
    const now = live.job.started_us + live.job.elapsed_us, recent = Math.max(10e6, 10 * live.job.batch_interval_us);
    box.shape.classList.toggle("failing", it.failures > 0 && now - it.last_failure_us < recent);
  }

  function noteStage(box, right) {
    const it = live.totals.stages[box.stage], at = live.running && live.running.at;
    // A stage may have several boxes; its time stands in the first.
    const first = plan.nodes.findIndex((node) => !node.output && node.stage === box.stage) === box.nodes[0];
    if (first) say(right, duration(live.totals.batches ? it.duration_us / live.totals.batches : 0) + " a batch");
    const here = at && box.nodes.some((index) => plan.nodes[index].operator === at.site.operator);
    box.shape.classList.toggle("busy", Boolean(here && at.elapsed_us > 1e6));
  }

  function drawLine(node, index, box, y) {
    const name = nodeName(node), room = Math.floor((box.w - 18 - noted(node)) / LETTER);
    const note = svg("text", { class: "note", x: box.w - 8, y, "text-anchor": "end" });
    const text = svg("text", { class: node.operator === "source" ? "name source" : "name", x: 10, y }, name.length > room ? name.slice(0, room - 1) + "…" : name);
    notes.push(() => say(note, lineNote(node)));
    return svg("g", {}, text, note, svg("title", {}, node.how ? name + ": " + node.how : name));
  }

  /** What is known of one operator. Those that the job tells by their line alone are shown if there is only one of their kind. */
  function lineNote(node) {
    if (node.operator === "source") {
      const input = live.totals.inputs.find((it) => it.name === node.names[0]);
      return input ? rate(input.records_per_second) : "";
    }
    const alone = plan.nodes.filter((other) => other.operator === node.operator).length === 1;
    const found = [];
    if (node.state) {
      const state = live.states.find((it) => it.name === node.state);
      if (state) found.push(state.keys ? short(state.keys) + " keys" : bytes(state.bytes));
    }
    if (node.operator === "event_time" && alone && live.watermarks.length) {
      const it = live.watermarks[0];
      return it.is_idle ? "idle" : duration(it.lag_us) + " behind";
    }
    if (WINDOWS.includes(node.operator) && alone) {
      const late = live.late.find((it) => it.site.operator === node.operator);
      if (late && late.records) found.push(short(late.records) + " late");
    }
    return found.join(", ");
  }

  const outputNumber = (index) => plan.nodes.filter((node, at) => node.output && at < index).length;

  function update() {
    if (live && drawn !== null) notes.forEach((note) => note());
  }

  return {
    set(it) { plan = it; draw(); },
    update(it) { live = it; draw(); update(); },
  };
}
