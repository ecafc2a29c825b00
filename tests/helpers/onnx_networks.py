"""What several test files share: photographs for two backends, and tiny networks in ONNX files."""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from colorlib.data.sources import package_photographs
from colorlib.images.decode import open_rgb

IR = 8


def twenty_photographs(side):
    """Twenty arrays (h, w, 3) of uint8: the photographs of installed packages, and crops of nine of them."""
    whole = [np.asarray(open_rgb(path, shorter_side=side)) for path in package_photographs().values()]
    crops = [photo[side // 4 : side, side // 3 : side + side // 6] for photo in whole]
    found = [*whole, *crops][:20]
    assert len(found) == 20
    return found


def pixelwise(path, mix, bias, shape, card=None):
    """Write a network whose answer in a pixel is mix @ what it is shown there + bias; with a card beside it."""
    mix = np.asarray(mix, np.float32)
    nodes = [helper.make_node("Conv", ["input", "mix", "bias"], ["output"])]
    stored = [
        numpy_helper.from_array(mix[:, :, None, None], "mix"),
        numpy_helper.from_array(np.asarray(bias, np.float32), "bias"),
    ]
    out = helper.make_tensor_value_info("output", TensorProto.FLOAT, [shape[0], len(mix), *shape[2:]])
    taken = helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "pixelwise", [taken], [out], stored)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=IR), path)
    if card is not None:
        path.with_suffix(".json").write_text(json.dumps(card))
    return path
