"""What `models.class_head` promises."""

import pytest
import torch

from colorlib.models.class_head import ClassLogits


def test_the_class_loss_is_a_weighted_cross_entropy():
    said = ClassLogits(torch.tensor([[0.0, 2.0, 0.0], [5.0, 0.0, 0.0]]), alpha=0.25)
    expected = -0.25 * torch.log_softmax(said.logits, 1)[[0, 1], [1, 2]].mean()
    ab, label = torch.zeros(2, 2, 1, 1), torch.tensor([1, 2])
    torch.testing.assert_close(said.losses(ab, label)["class"], expected)
    assert said.metrics(ab, label)["class_accuracy"].tolist() == [1, 0]
    with pytest.raises(ValueError, match="needs labels"):
        said.losses(ab)
