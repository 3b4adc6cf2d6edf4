"""`python -m training generate`: whose model writes, with what, and how it looks on paper and on a screen."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coldopen.screenplay import FORMATS
from local.gateway import gateway
from local.runtime import ROOT, Function
from training.generate import Script, on_paper, on_screen

Training = Callable[..., subprocess.CompletedProcess[str]]

SPEAKERS = ("MARLA", "OTTO", "INES", "BO")


@pytest.fixture(scope="module")
def url(emulated: Function) -> Iterator[str]:
    """Where the small trained model is deployed."""
    with gateway(emulated) as url:
        yield url


def speakers_in(script: str) -> set[str]:
    return {line for line in script.splitlines() if line.isupper()}


def test_without_a_prime_it_begins_with_somebody_whom_the_model_knows(trained_run: Path, training: Training) -> None:
    done = training("generate", "--model", trained_run)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(tuple(f"{name}\n" for name in SPEAKERS))


def test_where_there_is_no_run_the_model_that_ships_writes(training: Training, tmp_path: Path) -> None:
    done = training("generate", "--length", 12, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("JERRY\n")


def test_it_ends_with_a_sentence_unless_told_otherwise(trained_run: Path, training: Training) -> None:
    arguments = ("generate", "--model", trained_run, "--prime", "otto", "--length", 5)
    for seed in range(4):
        assert training(*arguments, "--seed", seed).stdout.rstrip()[-1] in ".?!)"
    ends = {training(*arguments, "--seed", seed, "--end", "length").stdout.rstrip()[-1] for seed in range(4)}
    assert not ends <= set(".?!)")


def test_the_script_is_steered(trained_run: Path, training: Training) -> None:
    def generate(*options: object) -> str:
        done = training("generate", "--model", trained_run, "--prime", "otto", "--seed", 1, *options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert speakers_in(generate("--cast", "otto, bo")) <= {"OTTO", "BO"}
    assert generate("--lines", 3).count("\n\n") == 2
    assert "\n\n" not in generate("--stop", r"\n")
    assert "why" not in generate("--stop", "why", "--stop", "soup").lower()
    assert generate("--no-repeat", 3, "--length", 60) != generate("--length", 60)


def test_several_scripts_have_a_page_break_between_them(trained_run: Path, training: Training) -> None:
    arguments = ("generate", "--model", trained_run, "--prime", "otto", "--length", 8)
    both = training(*arguments, "--n", 2, "--seed", 3).stdout
    singly = [training(*arguments, "--seed", seed).stdout.strip() for seed in (3, 4)]
    assert both.strip().split("\n\n===\n\n") == singly


def test_a_deployed_api_writes_what_its_model_writes_here(url: str, trained_run: Path, training: Training) -> None:
    options = ("--length", 20, "--seed", 5, "--n", 2, "--cast", "otto,bo", "--stop", "letter", "--format", "fountain")
    there = training("generate", "--url", url, *options)
    assert there.returncode == 0, there.stderr
    assert there.stdout == training("generate", "--model", trained_run, *options).stdout


def test_a_prime_that_is_too_long_says_what_is_left_out(url: str, trained_run: Path, training: Training) -> None:
    options = ("--prime", "otto: " + 2001 * "soup ", "--length", 1, "--seed", 1)
    here, there = training("generate", "--model", trained_run, *options), training("generate", "--url", url, *options)
    assert here.returncode == 0
    assert here.stderr == "training: the prime is long: its first 2 words were left out\n"
    assert (there.stdout, there.stderr) == (here.stdout, here.stderr)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--prime", "soupe"), "training: the model has never seen the word 'soupe'; nearest: soup\n"),
        (("--top-k", "0"), "training: top_k is 0; it must be a whole number from 1 to "),
        (("--model", "runs/mine"), "training: --model names a model here, and --url one that is deployed: give one"),
    ],
)
def test_what_a_deployed_api_refuses_is_one_sentence(
    options: tuple[str, ...], message: str, url: str, training: Training
) -> None:
    done = training("generate", "--url", url, *options)
    assert done.returncode == 1
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_an_api_that_is_not_there_is_one_sentence(training: Training) -> None:
    done = training("generate", "--url", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith("training: http://127.0.0.1:1 can't be reached: ")
    assert done.stderr.count("\n") == 1


SCRIPT = Script("MARLA\n(sits)\nSoup (cold).\n\nSHE LEAVES.\n\nOTTO\nNo.", 9, "sentence", 7)


def test_on_paper_there_is_the_script_alone() -> None:
    assert on_paper([SCRIPT]) == SCRIPT.text


def test_on_a_screen_speakers_are_bold_and_asides_dim() -> None:
    assert on_screen([SCRIPT]) == (
        "\033[1mMARLA\033[0m\n\033[2m(sits)\033[0m\nSoup \033[2m(cold)\033[0m.\n\nSHE LEAVES.\n\n"
        "\033[1mOTTO\033[0m\nNo.\n\n\033[2m9 words, end: sentence; --seed 7 writes it again\033[0m"
    )
    plain = Script("marla: (sits) soup: hot.\n\nthe end", 9, "length", 7)
    assert on_screen([plain]).startswith("\033[1mmarla:\033[0m \033[2m(sits)\033[0m soup: hot.\n\nthe end\n\n")


@pytest.mark.parametrize(("variables", "has_colours"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colours_unless_they_are_not_wanted(
    variables: dict[str, str], has_colours: bool, trained_run: Path
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | variables
    command = [sys.executable, "-m", "training", "generate", "--model", str(trained_run), "--length", "5"]
    screen, end = pty.openpty()
    try:
        subprocess.run(command, stdout=end, cwd=ROOT, env=environment, check=True, timeout=60)
        assert (b"\033[1m" in os.read(screen, 10_000)) == has_colours
    finally:
        os.close(screen)
        os.close(end)


@pytest.mark.parametrize("form", FORMATS)
def test_a_pipe_gets_none(form: str, trained_run: Path, training: Training) -> None:
    assert "\033" not in training("generate", "--model", trained_run, "--format", form).stdout
