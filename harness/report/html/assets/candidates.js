"use strict";
// One candidate on a sheet beside the page, and all of them in a table.
const candidates = (() => {
  const { el } = page;
  let run = null;
  let sheet = null;
  let before = null;  // what had the focus

  function start(data) {
    run = data;
    sheet = document.getElementById("sheet");
    sheet.setAttribute("tabindex", "-1");
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !sheet.hidden) close(); });
    window.addEventListener("hashchange", follow);
    follow();
  }

  /** #candidate-12 leads to order 12. */
  function follow() {
    const asked = /^#candidate-(\d+)$/.exec(location.hash);
    const position = asked ? run.nodes.findIndex((node) => node.n === Number(asked[1])) : -1;
    if (position >= 0) show(position);
    else sheet.hidden = true;
  }

  function open(position) {
    if (sheet.hidden) before = document.activeElement;
    history.replaceState(null, "", `#candidate-${run.nodes[position].n}`);
    show(position);
  }

  function close() {
    history.replaceState(null, "", location.pathname + location.search);
    sheet.hidden = true;
    if (before) before.focus();
  }

  /** A text of the run by its number. */
  function text(number) {
    const ranges = run.texts[number];
    const lines = [];
    for (let at = 0; at < ranges.length; at += 2) {
      lines.push(...run.lines.slice(ranges[at], ranges[at] + ranges[at + 1]));
    }
    return lines;
  }

  const LEFT_OUT = "left out to keep this page small; `optimize-run show` has it";

  function show(position) {
    const node = run.nodes[position];
    sheet.replaceChildren(...[
      el("div", { class: "bar" },
        step("Previous", position - 1), step("Next", position + 1), el("button", { onclick: close }, "Close")),
      el("h2", {}, `#${node.n} `, el("span", { class: "id quiet" }, node.id || "no program"), badge(node)),
      el("p", { class: "note foreign" }, node.note || "no note was left"),
      node.feedback ? el("p", { class: "notice foreign" }, node.feedback) : null,
      ...node.warnings.map((line) => el("p", { class: "notice foreign" }, `Warning: ${line}`)),
      readings(node), facts(node),
      el("h3", {}, "What changed"), difference(node), ...node.calls.flatMap(asked),
    ].filter((part) => part !== null));
    sheet.hidden = false;
    sheet.scrollTop = 0;
    sheet.focus({ preventScroll: true });
  }

  function step(word, position) {
    const there = position >= 0 && position < run.nodes.length;
    return el("button", { disabled: there ? null : "", onclick: () => open(position) }, word);
  }

  function badge(node) {
    const kind = node.kept ? "good" : node.status === "ok" ? "quiet" : "bad";
    return el("span", { class: `badge ${kind}` }, node.best ? `${node.fate}, on the best path` : node.fate);
  }

  function readings(node) {
    if (!node.readings.length) return null;
    const rows = node.readings.map(([what, said, why]) => el("tr", {},
      el("th", { scope: "row" }, what), el("td", {}, said), el("td", { class: "quiet foreign" }, why)));
    return el("div", { class: "scroll" }, el("table", {}, el("tbody", {}, ...rows)));
  }

  function facts(node) {
    const parent = node.parent < 0 ? "the untouched program" : el("button", { onclick: () => open(node.parent) },
      `#${run.nodes[node.parent].n} ${run.nodes[node.parent].id}`);
    const children = run.nodes.flatMap((other, n) => (run.nodes[other.parent] === node ? [n] : []));
    const said = [["operator", node.operator], ["made from", parent]];
    if (node.parents.length > 1) said.push(["also from", node.parents.slice(1).join(", ")]);
    if (children.length) said.push(["made into", el("span", {}, ...children.slice(0, 40).flatMap((n) => [
      el("button", { onclick: () => open(n) }, `#${run.nodes[n].n}`), " "]), children.length > 40 ? "..." : null)]);
    said.push(...node.duels.map((line) => ["duel", line]), ...node.confirms.map((line) => ["whole run", line]));
    said.push(["last stage", node.stage], ["cost", node.cost], ["judged", `${node.at} after the start`]);
    return el("dl", {}, ...said.flatMap(([name, value]) => [el("dt", {}, name), el("dd", { class: "foreign" }, value)]));
  }

  function difference(node) {
    if (typeof node.diff === "string") return el("p", { class: "quiet foreign" }, node.diff);
    if (node.diff === null) return el("p", { class: "quiet" }, LEFT_OUT);
    const styles = { "+": "added", "-": "removed", "@": "at" };
    const lines = text(node.diff.text).map((line, n) => {
      const kind = node.diff.kinds[n];
      return el("span", { class: styles[kind] || null }, "@\\".includes(kind) ? line : kind + line);
    });
    return el("pre", { class: "foreign diff" }, el("code", {}, ...lines));
  }

  function asked(call, n) {
    const head = `Call ${n + 1}: ${call.model}, ${call.cost}${call.stop === "end" ? "" : `, stopped by ${call.stop}`}`;
    return [el("h3", { class: "foreign" }, head), ...call.texts.map(([title, number]) => folded(title, number))];
  }

  /** A text that is only put on the page when somebody looks. */
  function folded(title, number) {
    if (typeof number !== "number") return el("p", { class: "quiet foreign" }, `${title}: ${number || LEFT_OUT}`);
    const made = el("details", {}, el("summary", {}, title));
    made.addEventListener("toggle", () => {
      if (made.children.length === 1) made.append(el("pre", { class: "foreign wrapped" }, text(number).join("\n")));
    });
    return made;
  }

  /** Every candidate in a row. */
  function table() {
    const ratio = (value) => (value === null ? "-" : charts.times(value));
    const head = ["#", "outcome", "memory", "speed", "operator", "note"].map((name, n) => el("th",
      { class: n === 2 || n === 3 ? "number" : null }, name));
    const rows = run.nodes.map((node, position) => el("tr", { onclick: () => open(position) },
      el("td", {}, el("button", { onclick: () => open(position) }, `#${node.n}`)),
      el("td", { class: node.kept ? "good" : node.status === "ok" ? null : "bad" }, node.fate),
      el("td", { class: "number" }, ratio(node.memory)), el("td", { class: "number" }, ratio(node.speed)),
      el("td", { class: "foreign" }, node.operator), el("td", { class: "foreign note" }, node.note || node.feedback)));
    return el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows));
  }

  return { start, open, table };
})();
