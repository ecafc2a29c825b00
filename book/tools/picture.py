"""Make the front page's picture: what of a photograph the network sees, and what it has to guess.

The photograph is scikit-image's astronaut (NASA, public domain). No network is involved.
"""

from pathlib import Path

import numpy as np
import skimage.data
import torch
from PIL import Image

from colorlib.color.lab import grey_rgb, lab_to_rgb, rgb_to_lab
from colorlib.show.appearance import SURROUND

TARGET = Path(__file__).resolve().parents[1] / "_static" / "lightness-and-colour.webp"
GAP = 12


def main(size: int = 360) -> None:
    """Write the four panels, side by side on a neutral surround."""
    photograph = Image.fromarray(skimage.data.astronaut()).crop((40, 0, 400, 360)).resize((size, size))
    rgb = torch.from_numpy(np.array(photograph)).permute(2, 0, 1)[None] / 255
    lab = rgb_to_lab(rgb)
    middle = torch.full_like(lab[:, :1], 65)
    nothing = torch.zeros_like(middle)
    panels = [
        grey_rgb(lab[:, :1]),
        lab_to_rgb(torch.cat([middle, lab[:, 1:2], nothing], 1)),
        lab_to_rgb(torch.cat([middle, nothing, lab[:, 2:3]], 1)),
        rgb,
    ]
    sheet = Image.new("RGB", (4 * size + 5 * GAP, size + 2 * GAP), SURROUND)
    for column, panel in enumerate(panels):
        pixels = (panel[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
        sheet.paste(Image.fromarray(pixels), (GAP + column * (size + GAP), GAP))
    sheet.save(TARGET, quality=84, method=6)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
