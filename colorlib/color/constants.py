"""The numbers of sRGB and CIE Lab, for tensors (`lab`) and for arrays (`fast`)."""

import numpy as np

XYZ_FROM_RGB = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
WHITE_D65 = (0.95047, 1.0, 1.08883)
# XYZ as a fraction of the white point, from linear RGB, and back.
WHITE_FROM_RGB = tuple(
    tuple(m / white for m in row) for row, white in zip(XYZ_FROM_RGB, WHITE_D65, strict=True)
)
RGB_FROM_WHITE = tuple(tuple(row) for row in np.linalg.inv(np.array(WHITE_FROM_RGB)).tolist())
L_HALF = 50.0  # L / 50 - 1 is in [-1, 1]
AB_RANGE = 110.0  # the largest |a| or |b| of an sRGB colour is 107.9
TOLERANCE = 1e-3  # of sRGB: how far outside [0, 1] a colour still counts as displayable
