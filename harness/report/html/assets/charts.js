"use strict";
// The three charts of a run: the staircase, memory against speed, the lineage. Each point knows its candidate's position.
const charts = (() => {
  const SHAPES = {
    ok: "circle", wrong: "triangle", rule: "rectRot", crash: "crossRot", timeout: "rect", memory: "star", invalid: "cross",
  };
  const SIGNS = { ok: "\u25cf", wrong: "\u25b2", rule: "\u25c6", crash: "\u2715", timeout: "\u25a0", memory: "\u2731", invalid: "\u271a" };
  const NICE = [.01, .02, .05, .1, .2, .3, .5, .7, .8, .9, 1, 1.1, 1.2, 1.3, 1.5, 1.7, 2, 2.5, 3, 4, 5, 7, 10, 15, 20, 30, 50,
    70, 100, 200, 500, 1000, 2000, 5000, 10000];
  const LOWEST = .5;  // what is worse than half the baseline is drawn on the lower edge

  /** 3.10x, with three digits that mean something. */
  function times(value) {
    return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)}x`;
  }

  function colourOf(node) {
    if (node.kept) return page.colour("good");
    return page.colour({ ok: "dim", timeout: "warn", memory: "warn", invalid: "quiet" }[node.status] || "bad");
  }

  /** At most about eight ticks at round ratios, 1 always among them. */
  function ticks(axis, room) {
    const inside = NICE.filter((value) => value >= axis.min * .999 && value <= axis.max * 1.001);
    const every = Math.ceil(inside.length / room);
    const one = Math.max(inside.indexOf(1), 0);
    axis.ticks = inside.filter((_, n) => (n - one) % every === 0).map((value) => ({ value }));
  }

  function ratioAxis(title, low, high, room) {
    return {
      type: "logarithmic", min: low, max: high,
      title: { display: true, text: title, color: page.colour("quiet") },
      grid: { color: (at) => page.colour(at.tick && at.tick.value === 1 ? "dim" : "line") },
      border: { display: false },
      afterBuildTicks: (axis) => ticks(axis, room),
      ticks: { color: page.colour("quiet"), callback: (value) => `${Number(value.toPrecision(3))}x` },
    };
  }

  function wrapped(text, width = 56, most = 4) {
    const lines = [""];
    for (const word of text.split(" ")) {
      if (lines.at(-1) && lines.at(-1).length + word.length > width) lines.push("");
      lines.push(`${lines.pop()} ${word.slice(0, width)}`.trim());
    }
    return lines.length > most ? [...lines.slice(0, most - 1), `${lines[most - 1]} ...`] : lines;
  }

  function options(nodes, open, scales) {
    return {
      animation: false, responsive: true, maintainAspectRatio: false,
      interaction: { mode: "nearest", intersect: true },
      scales,
      onClick: (event, _, chart) => {
        const hits = chart.getElementsAtEventForMode(event, "nearest", { intersect: true }, false);
        const found = hits.map((hit) => chart.data.datasets[hit.datasetIndex].data[hit.index].position);
        if (found[0] !== undefined) open(found[0]);
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          displayColors: false,
          filter: (item) => item.raw.position !== undefined || item.raw.says,
          callbacks: {
            title: (items) => items.slice(0, 1).map((item) => title(nodes, item.raw)),
            label: (item) => (item.raw.says ? [] : wrapped(nodes[item.raw.position].note || nodes[item.raw.position].feedback)),
          },
        },
      },
    };
  }

  function title(nodes, raw) {
    if (raw.says) return raw.says;
    return `#${nodes[raw.position].n} ${nodes[raw.position].fate}`;
  }

  /** Points without a line between them. */
  function dots(points, more) {
    return {
      data: points, showLine: false, pointHitRadius: 6, pointHoverRadius: 7,
      pointBackgroundColor: points.map((point) => point.colour), pointBorderColor: points.map((point) => point.colour),
      pointStyle: points.map((point) => point.shape || "circle"),
      pointRadius: points.map((point) => point.radius || 3.5),
      ...more,
    };
  }

  function line(points, colour, width, more) {
    return {
      data: points, pointRadius: 0, pointHitRadius: 0, pointHoverRadius: 0, borderColor: colour,
      borderWidth: width, ...more,
    };
  }

  /** Numbers on the kept steps, in the order of the list below the chart. */
  const numbers = {
    id: "numbers",
    afterDatasetsDraw(chart) {
      const steps = chart.data.datasets.findIndex((set) => set.steps);
      if (steps < 0) return;
      const pen = chart.ctx;
      pen.save();
      pen.font = "600 11px sans-serif";
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillStyle = page.colour("ground");
      chart.getDatasetMeta(steps).data.forEach((point, n) => pen.fillText(String(n + 1), point.x, point.y + .5));
      pen.restore();
    },
  };

  function staircase(Chart, canvas, run, open) {
    const { nodes, climb } = run;
    const values = nodes.map((node) => node.fitness).filter((value) => value !== null);
    const floor = Math.max(Math.min(...values, 1), LOWEST) / 1.12;
    const top = Math.max(...climb, ...values, run.confirmed || 1, 1.1) * 1.12;
    const at = (node, position) => ({
      x: position + 1, y: node.fitness === null ? floor : Math.max(node.fitness, floor), position, colour: colourOf(node),
      shape: node.kept ? "circle" : SHAPES[node.status], radius: node.kept ? 9 : nodes.length > 400 ? 2 : 3.5,
    });
    const points = nodes.map(at);
    const confirmed = run.confirmed === null ? [] : [{
      x: nodes.length, y: run.confirmed, colour: page.colour("fair"), shape: "rectRot", radius: 6,
      says: `the best, confirmed: ${times(run.confirmed)}`,
    }];
    return new Chart(canvas, {
      type: "line",
      data: {
        datasets: [
          { ...dots(points.filter((point) => nodes[point.position].kept)), steps: true, clip: false },
          dots(confirmed, { clip: false }),
          dots(points.filter((point) => !nodes[point.position].kept), { clip: false }),
          line(climb.map((y, x) => ({ x, y })), page.colour("good"), 2, { stepped: true }),
        ],
      },
      options: options(nodes, open, {
        x: {
          type: "linear", min: 0, max: Math.max(nodes.length, 1) + .5, grid: { display: false },
          title: { display: true, text: "candidates, in the order they were judged", color: page.colour("quiet") },
          ticks: { precision: 0, color: page.colour("quiet"), maxRotation: 0, includeBounds: false },
        },
        y: ratioAxis("fitness", floor, top, 8),
      }),
      plugins: [numbers],
    });
  }

  function scatter(Chart, canvas, run, open) {
    const { nodes } = run;
    const valid = nodes.map((node, position) => ({ node, position })).filter(({ node }) => node.memory && node.speed);
    const inside = (ratio) => Math.max(ratio, LOWEST / 1.1);
    const range = (values) => [Math.max(Math.min(...values, 1), LOWEST) / 1.1, Math.max(...values, 1.1) * 1.1];
    const place = (position) => ({
      x: inside(nodes[position].memory), y: inside(nodes[position].speed), position, colour: colourOf(nodes[position]),
      radius: nodes[position].kept ? 6 : 3.5,
    });
    const points = valid.map(({ position }) => place(position));
    const front = run.front.map(place);
    const [left, right] = range(points.map((point) => point.x));
    const [low, high] = range(points.map((point) => point.y));
    return new Chart(canvas, {
      type: "line",
      data: {
        datasets: [
          dots(points.filter((point) => nodes[point.position].kept)),
          dots(points.filter((point) => !nodes[point.position].kept)),
          dots([{ x: 1, y: 1, colour: page.colour("ink"), shape: "rectRot", radius: 6, says: "the baseline" }]),
          line(front, page.colour("fair"), 1.5),
        ],
      },
      options: options(nodes, open, {
        x: ratioAxis("less memory, ratio to the baseline", left, right, 7),
        y: ratioAxis("faster, ratio to the baseline", low, high, 8),
      }),
    });
  }

  function lineage(Chart, canvas, run, open) {
    const { nodes, baseline } = run;
    const of = (position) => (position < 0 ? baseline : nodes[position]);
    const edges = (positions) => positions.flatMap((position) => {
      const [from, to] = [of(nodes[position].parent), of(position)];
      return [{ x: from.x, y: from.y }, { x: to.x, y: to.y }, { x: NaN, y: NaN }];
    });
    const small = nodes.length > 400;
    const points = nodes.map((node, position) => ({
      x: node.x, y: node.y, position, colour: colourOf(node), shape: SHAPES[node.status],
      radius: node.kept ? 6 : small ? 2.5 : 4.5,
    }));
    const deepest = Math.max(...nodes.map((node) => node.y), 1);
    const widest = Math.max(...nodes.map((node) => node.x), baseline.x);
    canvas.parentElement.style.height = `${Math.round(Math.min(Math.max(70 * deepest + 60, 160), 640))}px`;
    return new Chart(canvas, {
      type: "line",
      data: {
        datasets: [
          dots(points.filter((point) => nodes[point.position].kept), { clip: false }),
          dots(points.filter((point) => !nodes[point.position].kept), { clip: false }),
          dots([{ ...baseline, colour: page.colour("ink"), shape: "rectRot", radius: 7, says: "the untouched program" }],
            { clip: false }),
          line(edges(run.path), page.colour("good"), 3),
          line(edges(nodes.map((_, position) => position)), page.colour("line"), small ? .5 : 1.2),
        ],
      },
      options: options(nodes, open, {
        x: { type: "linear", min: -.5, max: widest + .5, display: false },
        y: { type: "linear", reverse: true, min: -.25, max: deepest + .25, display: false },
      }),
    });
  }

  return { staircase, scatter, lineage, times, SIGNS, colourOf };
})();
