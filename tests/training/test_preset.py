"""Presets: the original's numbers, and a refusal that names the key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local.runtime import ROOT
from training.preset import NetworkPreset, PresetError, TrainingPreset, read_preset

PRESETS = ROOT / "training" / "presets"


def test_the_preset_seed_has_the_original_s_numbers() -> None:
    preset = read_preset("seed")
    assert preset.network == NetworkPreset(embedding_dim=250, hidden_size=256, num_layers=2, dropout=0.5)
    assert preset.training == TrainingPreset(
        sequence_length=10, batch_size=256, learning_rate=0.001, epochs=10, seed=1, fold=False
    )


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


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("samples = 5", "samples = -1", "recipe.samples is -1; it must be at least 0"),
        ("clip = 1.0", "", "key recipe.clip is missing"),
        ("clip = 1.0", "clip = 0.0", "recipe.clip is 0.0; it must be above 0"),
        ("average = 0.9", "average = 1.0", "recipe.average is 1.0; it must be at least 0 and below 1"),
        ("full_from = 0.5", "full_from = 1.5", "recipe.full_from is 1.5; it must be from 0 to 1"),
        ("word_dropout = 0.1", "word_dropout = 1", "recipe.word_dropout is 1; it must be at least 0 and below 1"),
        ("[training]", "tied = 1\n[training]", "network.tied is 1; true or false is needed"),
        ("[training]", "tied = true\n[training]", "network.embedding_dim is 16 and the LSTM's output has 24"),
        ("[training]", "proj_size = 24\n[training]", "network.proj_size is 24; it must be a whole number from 0 to 23"),
        ("seed = 7", "seed = 7\nmin_count = 0", "training.min_count is 0; it must be above 0"),
    ],
)
def test_an_invalid_recipe_is_refused_naming_the_key(
    recipe_file: Callable[..., Path], old: str, new: str, message: str
) -> None:
    file = recipe_file()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(PresetError, match=message):
        read_preset(str(file))


@pytest.mark.parametrize("name", sorted(file.stem for file in PRESETS.glob("*.toml")))
def test_each_preset_that_ships_can_be_read(name: str) -> None:
    assert read_preset(name).name == name


@pytest.mark.parametrize(
    ("words", "length", "rows", "epochs"),
    [
        (900, 10, 2, 18),
        (3_000, 10, 7, 18),
        (30_000, 11, 64, 18),
        (89_600, 35, 64, 18),
        (803_000, 35, 64, 18),
        (2_000_000, 35, 64, 9),
        (10**9, 35, 64, 1),
    ],
)
def test_a_recipe_is_fitted_to_the_corpus(words: int, length: int, rows: int, epochs: int) -> None:
    numbers = read_preset("tuned").fitted(words).training
    assert (numbers.sequence_length, numbers.batch_size, numbers.epochs) == (length, rows, epochs)
    assert words // (length * rows) >= 40 or words < 900
    assert read_preset("seed").fitted(words) == read_preset("seed")


@pytest.mark.parametrize("name", sorted(file.stem for file in PRESETS.glob("*.toml")))
def test_a_corpus_of_some_size_leaves_a_preset_as_it_is(name: str) -> None:
    preset = read_preset(name)
    assert preset.fitted(89_600) == preset.fitted(1_000_000) == preset
    assert not preset.is_small(30_000)
    assert preset.is_small(1_000) == (name != "seed")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "epochs = 3",
            f"epochs = 1{400 * '0'}",
            r"epochs is a number of more than 40 digits; it must be .* below 2\*\*31",
        ),
        ("learning_rate = 0.01", f"learning_rate = 1{400 * '0'}", "learning_rate is a number of more than 40 digits"),
        ("learning_rate = 0.01", "learning_rate = 1e400", "learning_rate is inf; it must be above 0 and below 1e308"),
        ("epochs = 3", f"epochs = 1{5000 * '0'}", "can't be read: it holds a number of thousands of digits"),
        ("epochs = 3", f"epochs = 0x1{5000 * '0'}", "epochs is a number of more than 40 digits"),
        ("epochs = 3", f"epochs = {'[' * 5000}", "can't be read: it is nested too deeply"),
        ("epochs = 3", f"{'.'.join('a' * 3000)} = 1", r"unknown key training\.a"),
        ("epochs = 3", f"epochs.{'.'.join('a' * 3000)} = 1", r"epochs is \.\.\.; a whole number is needed"),
        ("epochs = 3", f"epochs = [0x1{5000 * '0'}]", r"epochs is \.\.\.; a whole number is needed"),
        ("epochs = 3", f"epochs = '{'a' * 5000}'", r"epochs is 'a{36}\.\.\.; a whole number is needed"),
    ],
)
def test_numbers_without_measure_are_one_short_sentence(
    preset_file: Callable[..., Path], old: str, new: str, message: str
) -> None:
    file = preset_file()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(PresetError, match=message) as caught:
        read_preset(str(file))
    assert len(str(caught.value)) < 300


def test_an_unknown_name_is_answered_with_those_that_exist() -> None:
    with pytest.raises(PresetError, match="no preset 'sed'; choose one of: "):
        read_preset("sed")
