"""What several test files share: color."""

import torch
from hypothesis import settings
from hypothesis import strategies as st

# A shared machine has slow moments; a property is about values, not time.
properties = settings(deadline=None, max_examples=100)
channel = st.floats(0, 1, width=32)
colours = st.tuples(channel, channel, channel)
lightnesses = st.floats(0, 100, width=32)
chromatic = st.floats(-128, 128, width=32)


def pixel(values, dtype=torch.float32):
    """Three numbers as a picture of one pixel."""
    return torch.tensor(values, dtype=dtype).view(1, 3, 1, 1)
