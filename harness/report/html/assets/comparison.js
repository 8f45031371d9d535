"use strict";
// The anytime curves: a line for the median of each strategy, and a band from its lowest seed to its highest.
(async () => {
  const { unit, horizon, curves } = page.data;
  const Chart = await page.charts();
  const tints = ["fair", "good", "warn", "bad", "quiet", "dim"];
  const dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 4], [1, 5]];

  function translucent(colour) {
    return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}22` : "rgba(128,128,128,.13)";
  }

  function datasets() {
    return curves.flatMap(({ name, points }, at) => {
      const colour = page.colour(tints[at % tints.length]);
      const edge = (column, fill) => ({
        label: "", data: points.map((point) => ({ x: point[0], y: point[column] })), fill, stepped: true,
        borderWidth: 0, pointRadius: 0, pointHitRadius: 0, backgroundColor: translucent(colour),
      });
      const line = {
        label: name, data: points.map((point) => ({ x: point[0], y: point[2] })), fill: false, stepped: true,
        borderColor: colour, backgroundColor: colour, borderWidth: 2, borderDash: dashes[at % dashes.length],
        pointRadius: 0, pointHitRadius: 8,
      };
      return [line, edge(1, false), edge(3, "-1")];
    });
  }

  function axis(title) {
    return { title: { display: true, text: title, color: page.colour("quiet") }, ticks: { color: page.colour("quiet") },
      grid: { color: page.colour("line") } };
  }

  function options() {
    return {
      animation: false, maintainAspectRatio: false, interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: {
        x: { ...axis(unit), type: "linear", min: 0, max: horizon },
        y: { ...axis("best so far, times the baseline"), type: "linear", suggestedMin: 1 },
      },
      plugins: {
        legend: { labels: { color: page.colour("ink"), filter: (item) => item.text !== "", usePointStyle: true,
          pointStyle: "line" } },
        tooltip: { filter: (item) => item.dataset.label !== "",
          callbacks: { label: (item) => `${item.dataset.label}: ${item.parsed.y.toFixed(2)}x` } },
      },
    };
  }

  const chart = new Chart(document.getElementById("anytime"), {
    type: "line", data: { datasets: datasets() }, options: options(),
  });
  page.onTheme(() => {
    chart.data.datasets = datasets();
    chart.options = options();
    chart.update();
  });
})();
