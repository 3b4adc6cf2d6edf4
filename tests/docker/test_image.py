"""The Dockerfile and compose.yaml, by `docker compose up` as README.md says it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path

import pytest
import requests

from local.expected_replies import sample_events
from local.runtime import ROOT, EmulatedFunction, free_port
from tests.docker.conftest import check_over_http, docker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PROJECT = "cold-open-test"
FUNCTION = f"{PROJECT}-function"
"""What compose names the function's image."""

DIGESTS = """
import hashlib, json, pathlib
folders = [pathlib.Path("/var/task"), pathlib.Path("/opt/python")]
files = [file for folder in folders for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc"]
print(json.dumps({str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}))
"""


@pytest.fixture(scope="module")
def url(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `docker compose up` serves the page."""
    if docker("compose", "version").returncode or docker("buildx", "version").returncode:
        pytest.skip("Docker has no compose or no buildx here")
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "COMPOSE_PROJECT_NAME": PROJECT}
    log = tmp_path_factory.mktemp("compose") / "log"
    with log.open("wb") as file:
        command = ["docker", "compose", "up"]
        process = subprocess.Popen(command, stdout=file, stderr=file, cwd=ROOT, env=environment)
    begun = time.monotonic()
    while f"Open http://localhost:{port}/ in a browser" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() - begun < 800, log.read_text()
        time.sleep(0.5)
    yield f"http://localhost:{port}"
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(60)
    took_s = time.monotonic() - begun
    docker("compose", "down", "--rmi", "local", "--volumes", cwd=ROOT, env=environment)
    assert took_s < 8, "a container did not listen to the stop, and was killed"


@pytest.mark.parametrize("event", sample_events(), ids=lambda path: path.stem)
def test_compose_answers_a_sample_event_s_request(event: Path, url: str) -> None:
    check_over_http(url, event)


def test_compose_serves_the_page(url: str) -> None:
    page = requests.get(f"{url}/", timeout=60)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<!doctype html>" in page.text


def test_the_image_holds_what_sam_builds(url: str, built: Path) -> None:
    told = docker("run", "--rm", "--entrypoint", "python3", FUNCTION, "-c", DIGESTS)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == {
        **digests(built / "WriterFunction", "/var/task"),
        **digests(built / "TorchLayer" / "python", "/opt/python"),
    }


def digests(folder: Path, where: str) -> dict[str, str]:
    """The sha256 of each file of a folder but compiled ones, by its path in the image."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            with path.open("rb") as file:
                found[f"{where}/{path.relative_to(folder)}"] = file_digest(file, "sha256").hexdigest()
    return found


def test_the_image_starts_the_handler_by_lambda_s_own_entry_point(url: str) -> None:
    configuration = json.loads(docker("image", "inspect", FUNCTION).stdout)[0]["Config"]
    assert configuration["Entrypoint"] == ["/lambda-entrypoint.sh"]
    assert configuration["Cmd"] == ["app.handler"]


def test_the_container_takes_its_settings_from_the_environment(url: str) -> None:
    port = free_port()
    run = ["run", "--rm", "--detach", "--publish", f"127.0.0.1:{port}:8080", "--env", "MODEL_URI=/absent", FUNCTION]
    container = docker(*run).stdout.strip()
    try:
        function = EmulatedFunction(f"http://127.0.0.1:{port}")
        function.wait_until_up()
        reply = function.invoke(json.loads((ROOT / "events" / "health.json").read_bytes()))
    finally:
        docker("rm", "--force", container)
    assert reply["statusCode"] == 503
