"""`python -m training` from the first command to the last, as a person runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.runtime import ROOT

Training = Callable[..., subprocess.CompletedProcess[str]]

PARTS = ("validation", "test")


def test_prepare_tells_what_was_read_and_skipped(
    tmp_path: Path, preset_file: Callable[..., Path], training: Training
) -> None:
    csv = tmp_path / "scripts.csv"
    rows = [f'{n},MARLA,"Soup number {n}, please.",1.0,S01E01,1.0' for n in range(120)]
    csv.write_text("\n".join([",Character,Dialogue,EpisodeNo,SEID,Season", *rows, "broken"]))
    done = training("prepare", "--scripts", csv, "--preset", preset_file(), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "read scripts.csv: " in done.stdout
    assert "scripts.csv line 122: too few fields: 1 of 6" in done.stdout
    named = re.search(r"^all that was left out is named in (runs/small-[0-9a-f]{8}/skipped.txt)$", done.stdout, re.M)
    assert named
    assert (tmp_path / named[1]).read_text() == "scripts.csv line 122: too few fields: 1 of 6\n"
    assert "\n1,080 words, 128 in the vocabulary, " in done.stdout
    assert re.search(r"^run: runs/small-[0-9a-f]{8}$", done.stdout, re.M)


def test_prepare_shows_speeches_and_remembers_how_they_were_read(
    tmp_path: Path, preset_file: Callable[..., Path], training: Training
) -> None:
    table = tmp_path / "scripts.csv"
    rows = "".join(f"Soup number {n} isn?t HOT;Marla {n % 3}\n" for n in range(200))
    table.write_text(f"was;wer\n{rows}")
    options = ("--scripts", table, "--preset", preset_file(), "--columns", "speaker=wer,text=was", "--show", 2)
    done = training("prepare", *options, "--folder", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\n\nmarla 0: soup number 0 isn't hot\nmarla 1: soup number 1 isn't hot\n")
    assert "format: a table with semicolons\n" in done.stdout
    assert "3 speakers, in 100% of 200 lines; marla 0 67, marla 1 67, marla 2 66" in done.stdout
    assert (tmp_path / "run" / "corpus.txt").read_text() in done.stdout
    about = json.loads((tmp_path / "run" / "run.json").read_bytes())
    assert about["corpus"]["hints"] == {"speaker": "wer", "text": "was"}


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--columns", "wer,was"), 1, "--columns is 'wer,was'; it should read speaker=NAME,text=NAME"),
        (("--columns", "speaker=a"), 1, "it should read speaker=NAME,text=NAME, or text=NAME alone"),
        (("--layout", "poem"), 2, "invalid choice: 'poem'"),
        (("--encoding", "klingon"), 1, "there is no encoding 'klingon'"),
    ],
)
def test_a_wrong_hint_is_answered_in_a_sentence(
    options: tuple[str, ...], code: int, message: str, scripts: Path, training: Training, tmp_path: Path
) -> None:
    done = training("prepare", "--scripts", scripts, *options, folder=tmp_path)
    assert done.returncode == code
    assert message in done.stderr


def test_a_reader_that_has_gone_is_no_error(trained_run: Path) -> None:
    command = [sys.executable, "-m", "training", "generate", "--model", str(trained_run), "--prime", "otto"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_threads_that_wait_soon_sleep_unless_told_otherwise() -> None:
    def openmp_settings(**variables: str) -> str:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("OMP_", "GOMP_"))}
        environment |= {"OMP_DISPLAY_ENV": "verbose", "PYTHONPATH": os.pathsep.join(sys.path), **variables}
        command = [sys.executable, "-m", "training", "--help"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
        return done.stderr  # libgomp's settings, as it read them

    if "GOMP_SPINCOUNT" not in (usual := openmp_settings()):
        pytest.skip("this torch has another OpenMP")
    assert "GOMP_SPINCOUNT = '5000'" in usual
    assert "GOMP_SPINCOUNT = '0'" in openmp_settings(OMP_WAIT_POLICY="passive")
    assert "GOMP_SPINCOUNT = '70'" in openmp_settings(GOMP_SPINCOUNT="70")


def test_generate_prints_a_script_from_a_run_and_from_its_bundle(trained_run: Path, training: Training) -> None:
    arguments = ("generate", "--prime", "otto", "--length", 24, "--seed", 4)
    by_run = training(*arguments, "--model", trained_run)
    assert by_run.returncode == 0, by_run.stderr
    assert by_run.stdout.startswith("OTTO\nI ")
    assert training(*arguments, "--model", trained_run / "bundle").stdout == by_run.stdout
    assert training(*arguments, "--model", trained_run, "--format", "plain").stdout.startswith("otto: i ")


def test_the_latest_run_is_the_default(trained_run: Path, training: Training, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mine").symlink_to(trained_run)
    assert training("generate", "--prime", "otto", folder=tmp_path).stdout.startswith("OTTO\n")


def test_a_model_is_evaluated_and_gets_its_card(trained_run: Path, training: Training, tmp_path: Path) -> None:
    shutil.copytree(trained_run, tmp_path / "run")
    done = training("evaluate", "--folder", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    perplexity = re.findall(r"^carried state +(\S+) +(\S+) +\S+$", done.stdout, re.MULTILINE)
    assert [
        len(re.findall(f"^perplexity .*{part}, all words +{part}, bits a char", done.stdout, re.MULTILINE))
        for part in PARTS
    ] == [1, 1]
    assert len(perplexity) == 2
    assert all(1 < float(figure) < 4 for pair in perplexity for figure in pair)
    assert re.search(r"^written: .*/run/evaluation.json, .*/run/calibration.png$", done.stdout, re.MULTILINE)
    card = training("card", "--folder", tmp_path / "run")
    assert card.stdout == f"written: {tmp_path / 'run' / 'README.md'}\n", card.stderr
    assert perplexity[1][0] in (tmp_path / "run" / "README.md").read_text()


def test_evaluate_compares_the_served_form_with_the_plain_network(trained_run: Path, training: Training) -> None:
    done = training("evaluate", "--folder", trained_run, "--served")
    assert done.returncode == 0, done.stderr
    name, figures = done.stdout.splitlines()[2:]
    assert re.fullmatch(r"torch 2\.13\.0.*, int8 by \w+, no preview, against float32, on \d+ words of test:", name)
    match = re.match(r"perplexity (\S+) against (\S+) \(\S+%\), the same likeliest word at (\S+)%, (\S+)% of", figures)
    assert match, figures
    served, plain, agreement, overlap = map(float, match.groups())
    assert served == pytest.approx(plain, rel=0.01)
    assert agreement > 95
    assert overlap > 95


def test_a_wrong_top_k_is_answered_in_a_sentence(trained_run: Path, training: Training) -> None:
    done = training("generate", "--model", trained_run, "--prime", "otto", "--top-k", 100_000)
    assert done.returncode == 1
    assert re.fullmatch(r"training: top_k is 100000; it must be a whole number from 1 to \d+\n", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("train", "--preset", "best"), 1, "there is no preset 'best'; choose one of: "),
        (("train", "--scripts", "absent.csv"), 1, "there are no scripts at absent.csv: no such file or folder"),
        (("evaluate",), 1, "there is no run in runs/ yet: train one first (make train)"),
        (("generate", "--model", "absent"), 1, "there is no bundle at absent: no such directory"),
        (("evaluate", "--folder", "absent"), 1, "absent is not a run: run.json is missing"),
        (("card", "--folder", "absent"), 1, "absent/manifest.json is missing: train a model and evaluate it"),
        (("publish",), 2, "the following arguments are required: --bucket"),
        (("generate", "--length", "ten"), 2, "invalid int value: 'ten'"),
        (("sing",), 2, "invalid choice: 'sing'"),
    ],
)
def test_a_mistake_is_answered_in_a_sentence(
    arguments: tuple[str, ...], code: int, message: str, training: Training, tmp_path: Path
) -> None:
    done = training(*arguments, folder=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_prime_word_is_answered_with_the_nearest(trained_run: Path, training: Training) -> None:
    done = training("generate", "--model", trained_run, "--prime", "soupe")
    assert done.returncode == 1
    assert done.stderr == "training: the model has never seen the word 'soupe'; nearest: soup\n"
