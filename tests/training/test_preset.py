"""Presets: the seed's numbers, and a refusal that names the key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from training.preset import NetworkPreset, PresetError, TrainingPreset, read_preset


def test_the_seed_preset_is_the_seed_s() -> None:
    preset = read_preset("seed")
    assert preset.network == NetworkPreset(embedding_dim=250, hidden_size=256, num_layers=2, dropout=0.5)
    assert preset.training == TrainingPreset(sequence_length=10, batch_size=256, learning_rate=0.001, epochs=10, seed=1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs = 3", "epochs = 0", "training.epochs is 0; it must be above 0"),
        ("epochs = 3", 'epochs = "3"', "training.epochs is '3'; a whole number is needed"),
        ("epochs = 3", "epochs = true", "training.epochs is True; a whole number is needed"),
        ("epochs = 3", "", "key training.epochs is missing"),
        ("epochs = 3", "epochs = 3\nepoch = 4", "unknown key training.epoch; expected sequence_length"),
        ("dropout = 0.5", "dropout = 1.0", "network.dropout is 1.0; it must be at least 0 and below 1"),
        ("learning_rate = 0.01", "learning_rate = nan", "training.learning_rate is nan; it must be above 0"),
        ("seed = 7", "seed = -1", "training.seed is -1; it must be between 0"),
        ("[training]", "[trainer]", r"unknown section \[trainer\]"),
        ("[training]", "[training", "can't be read"),
    ],
)
def test_an_invalid_preset_is_refused_naming_the_key(
    preset_file: Callable[..., Path], old: str, new: str, message: str
) -> None:
    file = preset_file()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(PresetError, match=message):
        read_preset(str(file))


def test_an_unknown_name_is_answered_with_those_that_exist() -> None:
    with pytest.raises(PresetError, match="no preset 'sed'; choose one of: seed"):
        read_preset("sed")
