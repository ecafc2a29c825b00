"""The sliders over recorded trainings: what is in the page, and what the arrow keys show."""

import json
import re

import pandas as pd
import pytest
from PIL import Image

from colorlib.experiments import recorded
from colorlib.show.explorer import run_explorer

ERROR = {"weak": [9.5, 9.25], "strong": [9.0, 8.5]}


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Two recorded trainings of two epochs with two photographs."""
    monkeypatch.setattr(recorded, "RESULTS", tmp_path)
    for run, error in ERROR.items():
        (tmp_path / run).mkdir()
        log = {"epoch": [1, 2], "valid_ab_l1": error, "valid_ab_l1_grey": 9.75}
        colour = {"valid_colorfulness": [10.0, 20.0], "valid_colorfulness_truth": 40.0}
        pd.DataFrame(log | colour).to_csv(tmp_path / f"{run}.csv", index=False)
        record = {"epochs": 2, "recipe": {"frames": ["flower", "rocket"]}}
        (tmp_path / f"{run}.json").write_text(json.dumps(record))
        for epoch in (1, 2):
            for photo in record["recipe"]["frames"]:
                Image.new("RGB", (72, 48), "grey").save(tmp_path / run / f"{epoch:03d}-{photo}.webp")
    return {"0 <none>": "weak", '"100"': "strong"}


def test_all_is_in_the_page_and_has_words(runs):
    text = run_explorer(runs, "weight of L1", '"100"').data
    alts = re.findall(r'<img src="data:image/webp;base64,[^"]+" alt="([^"]+)">', text)
    assert len(alts) == text.count("<img ") == 2 * 2 * 2 + 2
    assert "flower: weight of L1 0 &lt;none&gt;, epoch 1 of 2" in alts
    assert alts[-2:] == ["flower: truth", "rocket: truth"]
    assert "error of a and b 8.5 (grey 9.8); colourfulness 20.0 (truth 40.0)" in text
    assert text.count('role="img"') == 2
    assert "at the end: 0 &lt;none&gt; 9.2, &quot;100&quot; 8.5; grey 9.8" in text
    assert "http" not in text
    assert "<script" not in text


def test_only_the_last_epoch_of_the_first_choice_is_on(runs):
    text = run_explorer(runs, "weight of L1", "0 <none>").data
    on = re.findall(r'data-run="(\d)"(?: data-step="(\d)")? data-on', text)
    assert set(on) == {("0", "1"), ("0", "")}


def test_runs_that_do_not_fit_are_refused(runs, tmp_path):
    with pytest.raises(ValueError, match="weight of L1: start must be one of 0 <none>"):
        run_explorer(runs, "weight of L1", "7")
    record = json.loads((tmp_path / "weak.json").read_text())
    (tmp_path / "weak.json").write_text(json.dumps(record | {"epochs": 1}))
    with pytest.raises(ValueError, match="weight of L1: all runs must have the same epochs"):
        run_explorer(runs, "weight of L1", '"100"')


def test_the_arrow_keys_choose_run_and_epoch(runs, browser):
    tab = browser.new_page()
    try:
        tab.set_content(
            f"<!doctype html><html><body>{run_explorer(runs, 'weight of L1', '0 <none>').data}</body></html>"
        )
        sliders = tab.locator("input")

        def seen():
            numbers = [p for p in tab.locator(".numbers p").all() if p.is_visible()]
            pictures = [i.get_attribute("alt") for i in tab.locator(".pair .view img").all() if i.is_visible()]
            points = [c for c in tab.locator("circle").all() if c.is_visible()]
            assert len(numbers) == 1
            assert len(points) == 2, "one point in each chart"
            return numbers[0].inner_text(), pictures

        assert seen()[0].startswith("error of a and b 9.2 ")
        sliders.nth(0).press("ArrowRight")
        numbers, pictures = seen()
        assert numbers.startswith("error of a and b 8.5 ")
        assert pictures == [f'{photo}: weight of L1 "100", epoch 2 of 2' for photo in ("flower", "rocket")]
        sliders.nth(1).press("ArrowLeft")
        assert seen()[0].startswith("error of a and b 9.0 ")
        assert sliders.nth(0).get_attribute("aria-valuetext") == '"100"'
        assert sliders.nth(1).get_attribute("aria-valuetext") == "epoch 1 of 2"
        assert tab.locator("label span").all_inner_texts() == ['"100"', "epoch 1 of 2"]
        strokes = tab.locator("polyline").evaluate_all("lines => lines.map(line => getComputedStyle(line).strokeWidth)")
        assert strokes == ["1.2px", "2.6px"] * 2
    finally:
        tab.close()
