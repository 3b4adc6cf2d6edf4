"""What GitHub is told to do: the targets and files that are named there exist, and nothing may do more than it must."""

from __future__ import annotations

import re
import subprocess
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from layer.target import RUNTIMES
from local.runtime import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split())
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def jobs(workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = read(ROOT / ".github" / "workflows" / workflow)["jobs"]
    return found


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_each_job_has_a_time_limit_pinned_actions_and_few_permissions(file: Path) -> None:
    workflow = read(file)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 60
        actions = [step["uses"] for step in job["steps"] if "uses" in step]
        assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in actions)
        assert job["steps"][0]["with"] == {"persist-credentials": False}


def test_the_release_alone_may_write() -> None:
    writers = [job for file in WORKFLOWS for job in read(file)["jobs"].items() if "permissions" in job[1]]
    assert [(name, job["permissions"]) for name, job in writers] == [("release", {"contents": "write"})]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_each_target_and_each_file_that_is_named_exists(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert set(re.findall(r"\bmake (\w+)", text)) <= TARGETS
    for variable in re.findall(r"\b([A-Z]+)=\$\{\{", text) + re.findall(r"make \w+ ([A-Z]+)=", text):
        assert f"\n{variable} ?=" in (ROOT / "Makefile").read_text()
    for path in re.findall(r"(?:^|\s)([\w./*-]+\.(?:txt|toml|md|py))\b", text, re.MULTILINE):
        assert list(ROOT.glob(path)) or path.startswith("layers/"), path  # layers/ is made by the steps before
    for module in re.findall(r"python -m (\w+)", text):
        assert (ROOT / module / "__main__.py").is_file()


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_each_command_is_one_that_a_shell_understands(file: Path) -> None:
    for job in read(file)["jobs"].values():
        for command in commands(job):
            script = re.sub(r"\$\{\{.*?\}\}", "value", command)
            subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_pull_requests_are_checked_on_each_python_that_the_project_runs_on() -> None:
    check = jobs("checks.yml")["check"]
    assert check["strategy"]["matrix"]["python"] == PYTHONS
    assert commands(check) == ["make check PYTHON=python"]
    lowest, beyond = f">={PYTHONS[0]}", f"<3.{int(PYTHONS[-1].partition('.')[2]) + 1}"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f"{lowest},{beyond}"


def test_each_night_all_tests_run_and_both_layers_are_built_and_run() -> None:
    nightly = jobs("nightly.yml")
    assert commands(nightly["test"]) == ["make test PYTHON=python"]
    assert commands(nightly["batches"]) == ["make test-batches PYTHON=python"]
    machines = [tuple(machine.values()) for machine in nightly["layer"]["strategy"]["matrix"]["include"]]
    assert machines == [("x86_64", "ubuntu-24.04"), ("arm64", "ubuntu-24.04-arm")]
    assert "layer verify" in commands(nightly["layer"])[-1]


def test_a_release_has_a_layer_for_each_target() -> None:
    release = jobs("release.yml")
    matrix = release["layer"]["strategy"]["matrix"]
    built = {f"{runtime}-{processor}" for runtime, processor in product(matrix["runtime"], matrix["architecture"])}
    assert built == {folder.name for folder in (ROOT / "layer" / "targets").iterdir()}
    assert set(matrix["runtime"]) <= {f"python{python}" for python in RUNTIMES}
    assert set(release["release"]["needs"]) == {"test", "layer"}


def test_the_notes_of_a_release_are_its_part_of_the_changelog(tmp_path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    (tmp_path / "layers").mkdir()
    (tmp_path / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## 9.9.9\n\n- Later.\n\n## {version}\n\n- This.\n\n## 0.0.1\n\n- Earlier.\n"
    )
    take_notes, _ = commands(jobs("release.yml")["release"])
    variables = {"GITHUB_REF_NAME": f"v{version}", "PATH": "/usr/bin:/bin"}
    subprocess.run(["bash", "-e", "-c", take_notes], cwd=tmp_path, env=variables, check=True)
    assert (tmp_path / "layers" / "notes.md").read_text().strip() == "- This."
    assert f"\n## {version}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("tag", "code"), [("v{}", 0), ("v{}.1", 1), ("v9.9.9", 1)])
def test_a_tag_that_is_not_the_version_is_not_released(tag: str, code: int) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    compare = commands(jobs("release.yml")["test"])[0]
    variables = {"GITHUB_REF_NAME": tag.format(version), "PATH": "/usr/bin:/bin"}
    assert subprocess.run(["bash", "-e", "-c", compare], cwd=ROOT, env=variables, check=False).returncode == code


def test_dependabot_leaves_torch_alone() -> None:
    updates = {update["package-ecosystem"]: update for update in read(ROOT / ".github" / "dependabot.yml")["updates"]}
    assert updates.keys() == {"github-actions", "pip"}
    assert [ignored["dependency-name"] for ignored in updates["pip"]["ignore"]] == ["torch"]


def test_the_hooks_before_a_commit_run_the_project_s_own_tools() -> None:
    (repository,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    tools = {hook["entry"].split()[0] for hook in repository["hooks"]}
    assert tools == {".venv/bin/ruff", ".venv/bin/mypy"}
    assert all((ROOT / tool).is_file() for tool in tools)
