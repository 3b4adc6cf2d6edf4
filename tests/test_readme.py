"""Every command in the README is run here as it stands, but for those that need an AWS account."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from coldopen.sampling import Sampling
from local.runtime import ROOT, SHIPPED_BUNDLE
from tests.project_copy import copy_of_project, run, served

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]

NEED_AWS = {
    "make publish BUCKET=my-bucket": "tests/training, with S3 by moto",
    "make deploy": "tests/deploy, with a stand-in for CloudFormation",
    "make deploy MODEL_URI=s3://my-bucket/cold-open/VERSION/": "likewise",
    "make rollback": "likewise",
    "make logs": "likewise",
    "make delete": "likewise",
    ".venv/sam/bin/sam deploy --guided": "likewise",
    "make batch PRIMES=primes.csv OUT=s3://my-bucket/batches/first/": "tests/training/batch, with moto's interpreter",
}
ELSEWHERE = {
    "make test": "this is it",
    "make train": "long training: test_corpus.py fetches its corpus, the next command is the same with another",
    ".venv/sam/bin/sam local invoke --event events/word.json": "tests/docker, where Docker runs",
    "docker compose up": "tests/docker, where Docker has compose",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project to run commands in, with scripts as Kaggle has them."""
    copy = copy_of_project(tmp_path_factory.mktemp("readme") / "project")
    rows = [f'{n},MARLA,"Soup number {n}, please.",1.0,S01E01,1.0' for n in range(300)]
    (copy / "scripts.csv").write_text("\n".join([",Character,Dialogue,EpisodeNo,SEID,Season", *rows]))
    return copy


def test_the_readme_opens_with_the_two_commands_and_a_sample() -> None:
    assert COMMANDS[:2] == ["make demo", "make test"]
    assert re.search(r"```\n[A-Z]+\n", README[: README.index("make demo")])


def rows_below(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, its head first."""
    section = README[README.index(f"\n## {heading}\n") :]
    table = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (table[0], *table[2:])]


def test_the_perplexity_is_that_of_the_model_that_ships() -> None:
    measured = json.loads((SHIPPED_BUNDLE / "evaluation.json").read_bytes())["perplexity"]["test"]["of"]
    ours, baseline = (measured[name]["seen"] for name in ("carried state", "Kneser-Ney trigram"))
    _, row, *_ = rows_below("Figures")
    assert row[1:4] == [f"{ours:.1f}", f"{baseline:.1f}, a Kneser-Ney trigram", f"{ours / baseline:.2f}"]
    model, trigram = (
        f"{measured[name]['seen']:.1f} / {measured[name]['all']:.1f}"
        for name in ("carried state", "Kneser-Ney trigram")
    )
    assert f"| {model}; a Kneser-Ney trigram's {trigram} |" in (ROOT / "docs" / "figures.md").read_text(
        encoding="utf-8"
    )


def test_four_figures_stand_beside_a_baseline() -> None:
    head, *rows = rows_below("Figures")
    assert head == ["what", "ours", "baseline", "ratio", "machine", "command"]
    assert len(rows) == 4
    for what, ours, baseline, ratio, machine, command in rows:
        ratio_of_the_two = float(ours.split()[0]) / float(baseline.split()[0].strip(",").replace(",", ""))
        last_digit = 10.0 ** -len(ratio.partition(".")[2])
        assert float(ratio) == pytest.approx(ratio_of_the_two, abs=0.7 * last_digit), what  # the two are rounded too
        assert machine
        assert re.fullmatch(r"`python -m (bench|training)[. ]\w+`", command)


def test_the_default_sampling_is_the_one_there_is() -> None:
    default = Sampling()
    shown = dict(re.findall(r"^\| `(temperature|top_k|top_p)` \|.*\| (\S+) \|$", README, re.MULTILINE))
    assert shown == {name: f"{getattr(default, name):g}" for name in ("temperature", "top_k", "top_p")}


def test_the_tree_has_the_folders_that_there_are() -> None:
    tree = re.findall(r"^( *)(\w+)/  ", README, re.MULTILINE)
    folders, parent = set(), ""
    for indent, name in tree:
        parent = parent if indent else name
        folders.add(Path(parent, name) if indent else Path(name))
    assert {folder for folder in folders if not (ROOT / folder).is_dir()} == set()
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False).stdout.split()
    at_the_top = {Path(file).parts[0] for file in tracked if "/" in file and not file.startswith(".")}
    assert at_the_top <= {str(folder) for folder in folders}


def test_each_file_that_contributing_names_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:training|layer|lambda_fn|models|tests|locks)/[\w./-]*)`", text)
    paths = [path for path in [*named, *re.findall(r"tests/\S+\.py", text)] if "NAME" not in path]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_each_command_in_contributing_names_a_target_or_a_module() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
    assert set(re.findall(r"(?:`|^)make (\w+)", text, re.MULTILINE)) <= set(targets)
    for module in re.findall(r"\.venv/bin/python -m (layer|local|bench\.\w+)", text):
        file = ROOT.joinpath(*module.split("."))
        assert file.with_suffix(".py").is_file() or (file / "__main__.py").is_file()


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/figures.md"])
def test_each_link_to_a_file_leads_somewhere(file: str) -> None:
    page = ROOT / file
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (page.parent / link.partition("#")[0]).exists(), link


def test_every_command_is_accounted_for() -> None:
    assert set(COMMANDS) == {*NEED_AWS, *ELSEWHERE, *RUN_HERE, *CURLS, SERVE}


RUN_HERE = [
    "make demo",
    "make train SCRIPTS=scripts.csv PRESET=seed",
    "make generate",
    "make generate PRIMES=primes.txt OUT=scripts.jsonl",
    "make evaluate",
    "make build",
    ".venv/bin/torchrun --nproc-per-node=2 -m training train --scripts scripts.csv --preset seed",
]


@pytest.mark.slow
@pytest.mark.timeout(600)  # the layer's builds wait for each other
def test_the_demo_prints_a_script(project: Path) -> None:
    assert "\nJERRY\n" in run("make demo", project)


@pytest.mark.slow
def test_training_generating_and_evaluating_work(project: Path) -> None:
    assert "done: the best of 10 epochs" in run("make train SCRIPTS=scripts.csv PRESET=seed", project)
    assert re.search(r"^MARLA$", run("make generate", project), re.MULTILINE)  # who speaks in these scripts
    (project / "primes.txt").write_text("marla\nsoup number\n")
    run("make generate PRIMES=primes.txt OUT=scripts.jsonl", project)
    assert (project / "scripts.jsonl").read_text().count('"script": "MARLA') == 1
    assert "carried state" in run("make evaluate", project)
    shutil.rmtree(project / "runs")
    again = run(".venv/bin/torchrun --nproc-per-node=2 -m training train --scripts scripts.csv --preset seed", project)
    assert "done: the best of 10 epochs" in again


@pytest.mark.slow
def test_building_works(project: Path) -> None:
    run("make build", project)
    assert (project / ".aws-sam" / "build" / "TorchLayer" / "python" / "torch").is_dir()


SERVE = "make serve PORT=8080"
CURLS = [command for command in COMMANDS if command.startswith("curl ")]


@pytest.fixture(scope="module")
def port(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of `make serve`; not the README's, which may be taken."""
    with served(SERVE, project, tmp_path_factory.mktemp("serve") / "output") as port:
        yield port


@pytest.mark.parametrize("command", CURLS)
def test_the_curl_lines_are_answered(command: str, port: int, project: Path) -> None:
    reply = run(command.replace("8080", str(port)).replace("curl ", "curl --silent --fail-with-body "), project)
    assert reply.startswith("{")
    assert '"error"' not in reply
