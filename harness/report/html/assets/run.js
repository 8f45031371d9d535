"use strict";
// Brings the page of a run to life: unpacks it, draws the charts, and again when the reader turns the light off.
(async () => {
  const run = JSON.parse(await page.unpack("run"));
  candidates.start(run);

  const drawn = [];
  function legend() {
    const named = (sign, node, words) => {
      const mark = page.el("span", {}, sign);
      mark.style.color = charts.colourOf(node);
      return page.el("span", {}, mark, ` ${words}`);
    };
    const kept = run.nodes.filter((node) => node.kept).length;
    document.getElementById("statuses").replaceChildren(
      named(charts.SIGNS.ok, { kept: true }, `${kept} kept`),
      ...Object.entries(run.statuses).map(([status, count]) => (status === "ok"
        ? named(charts.SIGNS.ok, { status }, `${count - kept} right, not kept`)
        : named(charts.SIGNS[status] || "", { status }, `${count} ${status}`))));
  }

  function draw(Chart) {
    while (drawn.length) drawn.pop().destroy();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
    const canvas = (id) => document.getElementById(id);
    drawn.push(
      charts.staircase(Chart, canvas("climb"), run, candidates.open),
      charts.scatter(Chart, canvas("scatter"), run, candidates.open),
      charts.lineage(Chart, canvas("tree"), run, candidates.open));
    legend();
    page.drawn = drawn;
  }

  for (const button of document.querySelectorAll("button.go")) {
    button.addEventListener("click", () => candidates.open(Number(button.dataset.position)));
  }
  const all = document.getElementById("all");
  if (all) all.addEventListener("toggle", () => {
    const box = document.getElementById("table");
    if (!box.children.length) box.append(candidates.table());
  });
  const copy = document.getElementById("copy");
  if (copy) copy.addEventListener("click", async () => page.copy(await page.unpack("best"), copy));

  if (run.nodes.length) {
    const Chart = await page.charts();
    draw(Chart);
    page.onTheme(() => draw(Chart));
  }
  document.documentElement.dataset.ready = "yes";
  performance.mark("ready");
})();
