"""The sliders over recorded trainings: what is in the page, and what it refuses."""

import base64
import json
import re
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from colorlib.experiments import recorded
from colorlib.show.explorer import GAP, TITLE, run_explorer

ERROR = {"weak": [9.5, 9.25], "strong": [9.0, 8.5]}


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Two recorded trainings of two epochs with two photographs; the frames get lighter."""
    monkeypatch.setattr(recorded, "RESULTS", tmp_path)
    for place, (run, error) in enumerate(ERROR.items()):
        (tmp_path / run).mkdir()
        log = {"epoch": [1, 2], "valid_ab_l1": error, "valid_ab_l1_grey": 9.75}
        colour = {"valid_colorfulness": [10.0, 20.0], "valid_colorfulness_truth": 40.0}
        pd.DataFrame(log | colour).to_csv(tmp_path / f"{run}.csv", index=False)
        record = {"epochs": 2, "recipe": {"frames": ["flower", "rocket"]}}
        (tmp_path / f"{run}.json").write_text(json.dumps(record))
        for epoch in (1, 2):
            for photo in record["recipe"]["frames"]:
                frame = Image.new("L", (72, 48), 50 * (2 * place + epoch)).convert("RGB")
                frame.save(tmp_path / run / f"{epoch:03d}-{photo}.webp")
    return {"0 <none>": "weak", '"100"': "strong"}


def known(page):
    """What the script of a figure knows."""
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', page.data)[1])


def test_every_epoch_of_every_run_is_there_beside_the_truth(runs):
    html = run_explorer(runs, "weight of L1", '"100"')
    page = known(html)
    assert page["labels"] == ["weight of L1", "epoch"]
    assert page["names"] == [["0 <none>", '"100"'], ["1", "2"]]
    pictures = [Image.open(BytesIO(base64.b64decode(uri.split(",")[1]))) for uri in page["frames"]]
    assert {picture.size for picture in pictures} == {(72, TITLE + 2 * (48 + GAP))}
    levels = [np.asarray(picture)[TITLE + 10 : TITLE + 40, 10:60].mean() for picture in pictures]
    assert np.allclose(levels, [50, 100, 150, 200], atol=3)
    assert [state["frame"] for state in page["states"]] == [0, 1, 2, 3]
    beside = re.search(r'<img src="data:image/webp;base64,([^"]+)"[^>]*to compare with">', html.data)[1]
    beside = Image.open(BytesIO(base64.b64decode(beside))).convert("RGB")
    assert beside.size == pictures[0].size
    truth = np.asarray(beside)[TITLE : TITLE + 48]
    assert np.ptp(truth.reshape(-1, 3), axis=1).max() > 60, "the photograph has colours"


def test_numbers_have_their_reference_and_it_begins_with_the_last_epoch(runs):
    html = run_explorer(runs, "weight of L1", "0 <none>")
    assert [state["numbers"] for state in known(html)["states"]] == [[9.5, 10], [9.25, 20], [9, 10], [8.5, 20]]
    assert "error of a and b (grey 9.8)" in html.data
    assert "colourfulness (truth 40.0)" in html.data
    assert "weight of L1 0 &lt;none&gt;, epoch 2" in html.data


def test_runs_that_do_not_fit_are_refused(runs, tmp_path):
    with pytest.raises(ValueError, match="weight of L1: start must be one of 0 <none>"):
        run_explorer(runs, "weight of L1", "7")
    record = json.loads((tmp_path / "weak.json").read_text())
    (tmp_path / "weak.json").write_text(json.dumps(record | {"epochs": 1}))
    with pytest.raises(ValueError, match="weight of L1: all runs must have the same epochs"):
        run_explorer(runs, "weight of L1", '"100"')
