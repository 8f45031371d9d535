"""Workloads: what is drawn, from what, and that it keeps sizes and costs."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from harness import knobs, targets, workloads
from harness.errors import BadTarget
from harness.types import Workload

SECRETS = [f"secret {n}" for n in range(40)]


@pytest.fixture(scope="module")
def microgpt():
    return targets.load("microgpt")


@pytest.fixture
def small(microgpt, tmp_path):
    (tmp_path / "names.txt").write_text("emma\nolivia\nava\nben jo\n\nmia\n", encoding="utf-8")
    return replace(microgpt, folder=tmp_path)


def workload(generator="file", path="names.txt", **settings):
    return Workload(
        name="w", stage="short", hidden=True, generator=generator, knobs=settings, files={"input.txt": path}
    )


def text(drawn):
    return drawn.files["input.txt"].decode()


def documents(drawn):
    return [line.strip() for line in text(drawn).split("\n") if line.strip()]


def test_file_is_the_file(microgpt):
    drawn = workloads.draw(workload(), microgpt, "s")
    assert drawn.files["input.txt"] == (microgpt.folder / "names.txt").read_bytes()
    assert drawn.settings == {}


@pytest.mark.parametrize("generator", sorted(workloads.GENERATORS))
def test_same_secret_same_draw(microgpt, generator):
    task = workload(generator, seed="random")
    assert workloads.draw(task, microgpt, "s") == workloads.draw(task, microgpt, "s")


@pytest.mark.parametrize("generator", ["relabel", "odd"])
def test_other_secret_or_name_other_draw(microgpt, generator):
    task = workload(generator, seed="random")
    first = workloads.draw(task, microgpt, "s")
    for other in (workloads.draw(task, microgpt, "t"), workloads.draw(replace(task, name="v"), microgpt, "s")):
        assert other.files != first.files
        assert other.settings != first.settings


def test_random_settings_are_drawn_and_others_kept(microgpt):
    drawn = workloads.draw(workload(seed="random", steps="8", loss=".17g"), microgpt, "s")
    assert int(drawn.settings["seed"]) not in (0, 42)
    assert (drawn.settings["steps"], drawn.settings["loss"]) == ("8", ".17g")
    assert f"random.seed({drawn.settings['seed']})" in knobs.turn(microgpt.source, microgpt.knobs, drawn.settings)


def test_relabel_keeps_size_vocabulary_and_lengths(microgpt):
    before = (microgpt.folder / "names.txt").read_text(encoding="utf-8")
    after = text(workloads.draw(workload("relabel"), microgpt, "s"))
    assert len(after) == len(before)
    assert set(after) == set(before)
    assert Counter(map(len, after.split("\n"))) == Counter(map(len, before.split("\n")))
    assert set(after.split("\n")) != set(before.split("\n"))


def test_relabel_of_two_letters_always_changes_their_order(small):
    (small.folder / "names.txt").write_text("aab\n", encoding="utf-8")
    assert {text(workloads.draw(workload("relabel"), small, secret)) for secret in SECRETS} == {"bba\n"}


def test_relabel_keeps_inner_spaces_and_drops_blank_lines(small):
    drawn = workloads.draw(workload("relabel"), small, "s")
    assert sorted(map(len, text(drawn).splitlines())) == [3, 3, 4, 6, 6]
    assert sum(" " in line for line in documents(drawn)) == 1


def test_relabel_of_nothing_to_permute(small):
    (small.folder / "names.txt").write_text("aaa\n", encoding="utf-8")
    assert text(workloads.draw(workload("relabel"), small, "s")) == "aaa\n"


def test_relabel_shuffles_documents(small):
    (small.folder / "names.txt").write_text("".join("a" * n + "\n" for n in range(1, 9)), encoding="utf-8")
    orders = {text(workloads.draw(workload("relabel"), small, secret)) for secret in SECRETS}
    assert len(orders) > 30


@pytest.mark.parametrize("secret", SECRETS)
def test_odd_is_odd_in_every_way(microgpt, secret):
    drawn = workloads.draw(workload("odd"), microgpt, secret)
    found = documents(drawn)
    assert len(found) == 7  # fewer than the eight steps that are run
    assert {1, workloads.LONG} <= set(map(len, found))
    assert any(" " in document for document in found)
    assert not text(drawn).isascii()
    assert any(not line.strip() for line in text(drawn).removesuffix("\n").split("\n"))
    assert found == [line.strip() for line in text(drawn).splitlines() if line.strip()]  # no exotic line ends
    assert len(set("".join(found))) < 80  # cheap: the cost of a step grows with the alphabet
    assert len(text(drawn)) < 200


def test_odd_sometimes_lacks_the_last_line_end(microgpt):
    ends = {text(workloads.draw(workload("odd"), microgpt, secret)).endswith("\n") for secret in SECRETS}
    assert ends == {True, False}


def test_inputs_by_absolute_path(microgpt, tmp_path):
    own = tmp_path / "own.txt"
    own.write_bytes(b"x\n")
    assert workloads.draw(workload(path=str(own)), microgpt, "s").files == {"input.txt": b"x\n"}


def test_unknown_generator_names_the_nearest(microgpt):
    with pytest.raises(BadTarget, match="workload w: unknown generator 'relable': did you mean relabel"):
        workloads.draw(workload("relable"), microgpt, "s")


def test_missing_input(microgpt):
    with pytest.raises(BadTarget, match=r"workload w: input .*absent\.txt: No such file"):
        workloads.draw(workload(path="absent.txt"), microgpt, "s")


def test_input_that_is_not_text(small):
    (small.folder / "names.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(BadTarget, match="not UTF-8"):
        workloads.draw(workload("relabel"), small, "s")
    assert workloads.draw(workload(), small, "s").files == {"input.txt": b"\xff\xfe"}  # as it is


def test_shipped_folder_is_found_from_anywhere(microgpt, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Path(microgpt.folder).is_absolute()
    assert workloads.draw(workload(), microgpt, "s").files["input.txt"]
