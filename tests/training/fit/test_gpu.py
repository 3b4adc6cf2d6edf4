"""Training on a GPU, where there is one; like everywhere in these tests, a warning is an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.training.fit.runs import same_weights, train_here
from training.fit.interrupt import Interrupted


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")
def test_a_run_that_was_stopped_on_a_gpu_ends_with_the_weights_of_one_that_was_not(
    scripts: Path, either_file: Callable[..., Path], tmp_path: Path
) -> None:
    preset = either_file(epochs=2)
    train_here(scripts, preset, tmp_path / "whole", device="cuda")
    asked = iter([False, False, False, True])
    with pytest.raises(Interrupted, match="at step 4"):
        train_here(scripts, preset, tmp_path / "stopped", lambda: next(asked), device="cuda")
    train_here(scripts, preset, tmp_path / "stopped", device="cuda")
    assert same_weights(tmp_path / "whole", tmp_path / "stopped")
