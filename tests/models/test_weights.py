"""Weights come back as they were saved, and a file that is not what its card says is refused."""

import hashlib
import json

import pytest
import torch
from safetensors.torch import load_file

from colorlib.models.card import card_path, read_card
from colorlib.models.registry import GENERATORS
from colorlib.models.shipped import shipped_weights
from colorlib.models.unet import UNet
from colorlib.models.weights import load_weights, save_weights

ARGUMENTS = {"downs": 3, "filters": 4}


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    generator = UNet(**ARGUMENTS)
    generator(torch.randn(2, 1, 16, 16))  # moves the batch-norm counters off zero
    path = save_weights(generator, tmp_path / "new" / "tiny.safetensors", "unet", ARGUMENTS, {"data": "package"})
    return generator.eval(), path


def test_round_trip_is_the_generator_in_half_precision(saved):
    generator, path = saved
    loaded, card = load_weights(path)
    L = torch.rand(1, 1, 16, 16) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(loaded(L), generator(L), atol=1e-3)
    assert not loaded.training
    for name, tensor in generator.state_dict().items():
        kept = loaded.state_dict()[name]
        assert kept.dtype == tensor.dtype
        assert torch.equal(kept, tensor.half().to(tensor.dtype) if tensor.is_floating_point() else tensor), name
    assert card["kind"] == "unet"
    assert card["arguments"] == ARGUMENTS
    assert card["data"] == "package"
    assert len(card["sha256"]) == 64


def test_on_disk_floats_are_half_and_counters_are_whole(saved):
    _, path = saved
    dtypes = {name: tensor.dtype for name, tensor in load_file(path).items()}
    counters = {name for name in dtypes if name.endswith("num_batches_tracked")}
    assert counters
    assert {dtypes[name] for name in counters} == {torch.int64}
    assert {dtypes[name] for name in dtypes.keys() - counters} == {torch.float16}
    assert all(load_file(path)[name] == 1 for name in counters)


def test_both_files_are_there_for_whoever_may_read_the_folder(saved):
    _, path = saved
    assert path.stat().st_mode == card_path(path).stat().st_mode


def test_nothing_but_the_two_files_is_left(saved):
    _, path = saved
    assert sorted(file.name for file in path.parent.iterdir()) == ["tiny.json", "tiny.safetensors"]


def test_altered_file_is_refused(saved):
    _, path = saved
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"tiny\.safetensors.*altered or only partly copied"):
        load_weights(path)


def test_missing_file_and_missing_card_name_the_file(saved):
    _, path = saved
    with pytest.raises(FileNotFoundError, match=r"nowhere\.safetensors"):
        load_weights(path.with_name("nowhere.safetensors"))
    card_path(path).unlink()
    with pytest.raises(FileNotFoundError, match=r"tiny\.json is missing; copy it"):
        load_weights(path)


@pytest.mark.parametrize(("text", "message"), [("{", "not a json file"), ("{}", "lacks kind"), ("[]", "lacks kind")])
def test_damaged_card_is_named(saved, text, message):
    _, path = saved
    card_path(path).write_text(text)
    with pytest.raises(ValueError, match=rf"tiny\.json.*{message}"):
        read_card(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arguments": {"downs": 3, "filters": 8}}, r"another architecture than unet\(downs=3, filters=8\)"),
        ({"arguments": {"downs": 4, "filters": 4}}, r"tensors missing"),
        ({"arguments": {"downs": 2, "filters": 4}}, r"unknown \("),
        ({"kind": "transformer"}, r"tiny\.json.*transformer"),
        ({"arguments": {"depth": 3}}, r"tiny\.json.*depth"),
    ],
)
def test_card_of_another_architecture_is_refused(saved, change, message):
    _, path = saved
    card = json.loads(card_path(path).read_text()) | change
    card_path(path).write_text(json.dumps(card))
    with pytest.raises(ValueError, match=message):
        load_weights(path)


def test_a_file_that_is_no_safetensors_is_refused(saved):
    _, path = saved
    path.write_bytes(b"PK\x03\x04 a pickle of torch.save")
    card = json.loads(card_path(path).read_text())
    card["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    card_path(path).write_text(json.dumps(card))
    with pytest.raises(ValueError, match="not a safetensors file"):
        load_weights(path)


@pytest.mark.parametrize(("value", "message"), [(1e5, "too large for float16"), (float("nan"), "not finite")])
def test_weights_that_half_precision_cannot_hold_are_refused(tmp_path, value, message):
    generator = UNet(**ARGUMENTS)
    with torch.no_grad():
        generator.block.down[0].weight[0, 0, 0, 0] = value
    with pytest.raises(ValueError, match=message):
        save_weights(generator, tmp_path / "x.safetensors", "unet", ARGUMENTS, {})
    assert list(tmp_path.iterdir()) == []


def test_wrong_suffix_and_unknown_kind_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"model\.pth.*\.safetensors"):
        save_weights(UNet(**ARGUMENTS), tmp_path / "model.pth", "unet", ARGUMENTS, {})
    with pytest.raises(ValueError, match=f"unknown generator 'gan'; there are {', '.join(sorted(GENERATORS))}"):
        save_weights(UNet(**ARGUMENTS), tmp_path / "model.safetensors", "gan", ARGUMENTS, {})


def test_a_failed_save_leaves_the_old_weights(saved, monkeypatch):
    generator, path = saved
    before = path.read_bytes()

    def full_disk(self, content):
        with self.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError("No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        save_weights(generator, path, "unet", ARGUMENTS, {"data": "other"})
    assert path.read_bytes() == before
    assert load_weights(path)[1]["data"] == "package"
    assert len(list(path.parent.iterdir())) == 2


def test_a_pretrained_encoder_is_not_fetched_to_be_overwritten(saved, monkeypatch):
    _, path = saved
    asked = {}

    def with_encoder(downs, filters, pretrained=True):
        asked["pretrained"] = pretrained
        return UNet(downs=downs, filters=filters)

    monkeypatch.setitem(GENERATORS, "unet", with_encoder)
    load_weights(path)
    assert asked == {"pretrained": False}


def test_every_shipped_file_loads():
    for path in shipped_weights().values():
        load_weights(path)
