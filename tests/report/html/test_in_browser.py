"""The page of a run in a real browser: it draws, it answers clicks, it can be read, and hostile text in it is inert."""

import re
from pathlib import Path

import pytest

from harness.report.html import run as pages
from harness.store.runs import load
from tests.browser import Browser
from tests.runs_on_disk import Writing, failed, finished_run, noop_run, scored

PIXELS = """(() => {{
  const canvas = document.getElementById("{id}");
  const found = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let drawn = 0;
  for (let at = 3; at < found.length; at += 4) drawn += found[at] > 0;
  return drawn;
}})()"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pages.write(finished_run(tmp_path_factory.mktemp("finished")))


def sheet(browser: Browser) -> str:
    return str(browser.ask("document.getElementById('sheet').innerText"))


# --- It works ---------------------------------------------------------------------------------------------------------


def test_it_loads_by_itself_and_without_a_word_on_the_console(browser: Browser, finished: Path) -> None:
    browser.open(finished)
    assert browser.logs() == []
    assert browser.ask("performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize("chart", ["climb", "scatter", "tree"])
def test_every_chart_is_drawn(browser: Browser, finished: Path, chart: str) -> None:
    browser.open(finished)
    assert browser.ask(PIXELS.format(id=chart)) > 500


@pytest.mark.parametrize("chart", [0, 1, 2])
@pytest.mark.parametrize("width", [1280, 400])
def test_a_click_on_a_point_shows_that_candidate(browser: Browser, finished: Path, chart: int, width: int) -> None:
    browser.open(finished, width)
    browser.ask(f"page.drawn[{chart}].canvas.scrollIntoView({{block: 'center'}})")
    where = browser.ask(
        f"(() => {{ const chart = page.drawn[{chart}];"
        "  const set = chart.data.datasets.findIndex((s) => s.data.some((p) => p.position === 4));"
        "  const at = chart.data.datasets[set].data.findIndex((p) => p.position === 4);"
        "  const point = chart.getDatasetMeta(set).data[at], box = chart.canvas.getBoundingClientRect();"
        "  return [box.x + point.x, box.y + point.y]; })()"
    )
    assert browser.ask("document.getElementById('sheet').hidden")
    browser.click(*where)
    browser.wait("!document.getElementById('sheet').hidden")
    said = sheet(browser)
    assert said.splitlines()[3].startswith("#4") and "backpropagate by hand" in said
    assert "-print(0 - 0 + 2)\n+print(4 - 4 + 2)" in said
    assert "3.10x less memory (3.04-3.16)" in said and "diff" in said and "offline" in said


def test_every_step_to_the_best_is_joined_to_the_one_before(browser: Browser, finished: Path) -> None:
    browser.open(finished)
    colours = browser.ask(
        "(() => { const chart = page.drawn[2], run = chart.data.datasets.flatMap((s) => s.data);"
        "  const at = (n) => n < 0 ? run.find((p) => p.says) : run.find((p) => p.position === n);"
        "  return [[-1, 0], [0, 4]].map(([from, to]) => {"
        "    const x = chart.scales.x.getPixelForValue((at(from).x + at(to).x) / 2);"
        "    const y = chart.scales.y.getPixelForValue((at(from).y + at(to).y) / 2);"
        "    return [...chart.ctx.getImageData(Math.round(x), Math.round(y), 1, 1).data].slice(0, 3); }); })()"
    )
    assert colours == [[0x1A, 0x7F, 0x5A]] * 2


def test_prompt_and_answer_are_there_when_asked_for(browser: Browser, finished: Path) -> None:
    browser.open(finished)
    browser.ask("candidates.open(1)")
    browser.ask("document.querySelectorAll('#sheet details').forEach((d) => { d.open = true; })")
    browser.wait("document.querySelectorAll('#sheet pre.wrapped').length === 2")
    assert browser.ask("[...document.querySelectorAll('#sheet pre.wrapped')].map((p) => p.textContent)") == [
        "prompt 1",
        "reply 1",
    ]


def test_a_candidate_has_an_address_and_keys_work(browser: Browser, finished: Path) -> None:
    browser.open(finished)
    browser.driver.get(f"{finished.as_uri()}#candidate-2")
    browser.driver.refresh()
    browser.wait("document.documentElement.dataset.ready === 'yes'")
    assert "#2" in sheet(browser) and "wrong" in sheet(browser)
    browser.ask("[...document.querySelectorAll('#sheet button')].find((b) => b.textContent === 'Next').click()")
    assert "no program came of this" in sheet(browser) and browser.ask("location.hash") == "#candidate-3"
    browser.ask("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
    assert browser.ask("document.getElementById('sheet').hidden") and browser.ask("location.hash") == ""


def test_every_candidate_stands_in_the_table_and_every_step_has_a_button(browser: Browser, finished: Path) -> None:
    browser.open(finished)
    browser.ask("(document.getElementById('all').open = true)")
    browser.wait("document.querySelectorAll('#table tbody tr').length === 5")
    assert browser.ask("document.querySelector('#table tbody tr:nth-child(3)').innerText").startswith("#2\twrong")
    browser.ask("document.querySelectorAll('button.go')[1].click()")
    assert "#4" in sheet(browser)


def test_the_program_is_copied_byte_for_byte(browser: Browser, tmp_path: Path) -> None:
    source = "a = '<&>\u202e'\n\tb\n"
    writing = Writing(tmp_path)
    writing.outcome(scored(), source=source, crowned=True)
    browser.open(pages.write(writing.close()))
    browser.ask("(navigator.clipboard.writeText = async (text) => { window.copied = text; }, 0)")
    browser.ask("document.getElementById('copy').click()")
    browser.wait("window.copied !== undefined")
    assert browser.ask("window.copied") == source
    browser.wait("document.getElementById('copy').textContent === 'Copied'")


@pytest.mark.parametrize("kind", ["noop", "failed", "killed", "started"])
def test_a_run_in_any_state_has_a_page_that_works(browser: Browser, tmp_path: Path, kind: str) -> None:
    writing = Writing(tmp_path, kind)
    if kind == "failed":
        writing.outcome(failed("crash"))
        writing.end("failed", "no key")
    if kind == "killed":
        writing.reply(writing.ask())
        writing.outcome(scored(0.001, 0.001), note="")
    folder = writing.close() if kind != "noop" else noop_run(tmp_path)
    browser.open(pages.write(folder))
    assert browser.logs() == []


# --- It can be read ---------------------------------------------------------------------------------------------------

SMALLEST = """Math.min(...[...document.querySelectorAll("main *")].filter((e) => e.innerText && e.innerText.trim())
  .map((e) => parseFloat(getComputedStyle(e).fontSize)))"""
CONTRAST = """((name) => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[0-9a-f]{2}/gi).map((hex) => parseInt(hex, 16) / 255)
      .map((v) => (v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const [a, b] = [page.colour(name), page.colour("ground")].map(light).sort((x, y) => y - x);
  return (a + .05) / (b + .05);
})"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits_and_is_legible(browser: Browser, tmp_path: Path, width: int, dark: bool) -> None:
    writing = Writing(tmp_path, model="m" * 200, strategy="s" * 200)
    writing.outcome(scored(), note="n" * 300, operator="o" * 200, source=f"x = '{'y' * 3000}'\n", crowned=True)
    writing.outcome(failed("wrong", "f" * 3000), note="w" * 300)
    browser.open(pages.write(writing.close()), width, dark=dark)
    for state in ("0", "(document.getElementById('all').open = true)", "candidates.open(0)", "candidates.open(1)"):
        browser.ask(state)
        assert browser.ask("document.documentElement.scrollWidth") <= width
        assert browser.ask("document.getElementById('sheet').scrollWidth") <= width
        assert browser.ask(SMALLEST) >= 12
    assert browser.ask(f"{CONTRAST}('ink')") >= 7
    for name in ("quiet", "good", "fair", "bad", "warn"):
        assert browser.ask(f"{CONTRAST}('{name}')") >= 4.5, name
    ground = browser.ask("getComputedStyle(document.body).backgroundColor")
    assert (int(re.findall(r"\d+", ground)[0]) < 80) is dark


def test_charts_follow_the_reader_from_light_to_dark(browser: Browser, finished: Path) -> None:
    browser.open(finished)
    before = browser.ask("page.drawn[0].data.datasets.at(-1).borderColor")
    browser.look(1280, dark=True)
    browser.wait(f"page.drawn[0].data.datasets.at(-1).borderColor !== '{before}'")
    assert browser.ask(PIXELS.format(id="climb")) > 500


# --- Hostile text -----------------------------------------------------------------------------------------------------

EVIL = (
    "</script><img src=x onerror=window.pwned=1> <!--<script> \"'><svg onload=window.pwned=2> "
    "javascript:window.pwned=3 </style></pre></textarea></title> "
    "{{7*7}} ${window.pwned=4} \u202eesrever\u2028\x1b[2J\x00 <a href=javascript:0>"
)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A run whose every text is hostile, its folder's name too; one text is missing, so that its path is shown."""
    named = {"model": EVIL, "strategy": EVIL, "target": EVIL, "version": EVIL, "settings": {EVIL: EVIL}}
    machine = {"id": EVIL, "system": EVIL, "cpu": EVIL, "cores": 2, "python": EVIL}
    room = {"backend": EVIL, "covers": [EVIL], "lacks": [EVIL]}
    writing = Writing(
        tmp_path, "<img src=x onerror=window.pwned=5>", **named, machine=machine, sandbox=room, program=EVIL
    )
    writing.measure_baseline(warnings=(EVIL,))
    source = f"# {EVIL}\nprint(2)\n"
    first = writing.outcome(
        scored(warnings=(EVIL,), feedback=EVIL), note=EVIL, operator=EVIL, source=source, crowned=True
    )
    n = writing.ask(EVIL, (first,))
    blobs = writing.blobs
    usage = {
        "calls": 1,
        "tokens_in": 0,
        "tokens_cached": 0,
        "tokens_out": 0,
        "usd": 0.0,
        "seconds": 1.0,
        "evaluations": 0,
    }
    said = {"prompt": blobs.put(EVIL), "reply": blobs.put(EVIL), "model": EVIL, "stop": EVIL, "usage": usage}
    writing.append("reply", n=n, call=0, **said)
    score = {"status": "crash", "fitness": None, "readings": [], "feedback": EVIL, "stage": "short", "warnings": []}
    candidate = {"id": EVIL, "source": blobs.put(source + EVIL), "parents": [EVIL, EVIL], "note": EVIL}
    known = {"n": n, "operator": EVIL, "parents": [first], "candidate": candidate, "score": score, "usage": usage}
    writing.append("outcome", **known, crowned=False)
    lost = writing.outcome(scored(), note=EVIL, source="lost = 1\n", parents=(first,))
    writing.confirm(first, scored(feedback=EVIL))
    writing.end("failed", EVIL)
    folder = writing.close()
    (folder / "blobs" / (load(folder).candidate(lost).source or "")).unlink()  # type: ignore[union-attr]
    return folder


def look_at_everything(browser: Browser) -> None:
    """Unfold and open all there is, long enough for an injected image or script to run."""
    browser.ask("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for position in range(3):
        browser.ask(f"candidates.open({position})")
        browser.ask("document.querySelectorAll('#sheet details').forEach((d) => { d.open = true; })")
        browser.ask(
            "page.drawn.forEach((c) => { c.tooltip.setActiveElements([{datasetIndex: 0, index: 0}]); c.update(); })"
        )
        browser.wait("[...document.querySelectorAll('#sheet details')].every((d) => d.children.length === 2)")
    browser.driver.execute_async_script("setTimeout(arguments[0], 200)")


def test_hostile_text_is_shown_and_does_nothing(browser: Browser, hostile: Path) -> None:
    browser.open(pages.write(hostile))
    look_at_everything(browser)
    assert browser.ask("window.pwned") is None
    assert browser.logs() == [], "not even something that the page's policy had to refuse"
    assert browser.ask("document.querySelectorAll('img, iframe, a, [onerror], [onload], [onclick]').length") == 0
    text = browser.ask("document.body.innerText")
    assert "</script><img src=x onerror=window.pwned=1>" in text and "{{7*7}}" in text
    assert "\\u202eesrever\\u2028\\x1b[2J\\x00" in text
    assert not re.search("[\u202e\u2028\x1b\x00]", text)
    assert "is missing from" in sheet(browser) and "<img src=x onerror=window.pwned=5>" in sheet(browser)


def test_if_escaping_failed_the_policy_would_still_hold(browser: Browser, hostile: Path, tmp_path: Path) -> None:
    """What the test above would see: the same page with one text let through, with its policy and without."""
    page = pages.made(hostile).replace("&lt;img src=x onerror=window.pwned=1&gt;", "<img src=x onerror=window.pwned=1>")
    (tmp_path / "leaky.html").write_text(page)
    browser.open(tmp_path / "leaky.html")
    look_at_everything(browser)
    assert browser.ask("window.pwned") is None
    assert any("Content Security Policy" in line for line in browser.logs())
    bare = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    (tmp_path / "bare.html").write_text(bare)
    browser.open(tmp_path / "bare.html")
    browser.wait("window.pwned === 1")
