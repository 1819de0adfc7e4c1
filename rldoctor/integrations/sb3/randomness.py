"""Measuring without touching the random numbers of the training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def untouched(device: Any) -> Iterator[None]:
    """Numpy's and torch's global random states are, on leaving, what they were on entering.

    ``device`` is the model's torch device: a CUDA generator is kept too.
    """
    import torch

    numpy_state = np.random.get_state()
    torch_state = torch.get_rng_state()
    cuda_state = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    try:
        yield
    finally:
        np.random.set_state(numpy_state)
        torch.set_rng_state(torch_state)
        if cuda_state is not None:
            torch.cuda.set_rng_state(cuda_state, device)
