"""`sam local` in Docker, with the function and the layer that `sam build` made: each sample event gets its reply."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.expected_replies import sample_events
from local.runtime import free_port
from tests.docker.conftest import check_over_http
from tests.project_copy import wait_until_it_answers
from tests.replies import assert_expected
from tests.template.stack import OFFLINE, SAM, sam

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("event", sample_events(), ids=lambda path: path.stem)
def test_sam_local_invoke_answers_a_sample_event(event: Path, built: Path) -> None:
    done = sam("local", "invoke", "--skip-pull-image", "--template", built / "template.yaml", "--event", event)
    assert done.returncode == 0, done.stderr
    assert_expected(json.loads(done.stdout.strip().splitlines()[-1]), event)


@pytest.fixture(scope="module")
def api(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of `sam local start-api`, whose one container stays for all requests."""
    port = free_port()
    command = [SAM, "local", "start-api", "--skip-pull-image", "--template", built / "template.yaml"]
    command += ["--warm-containers", "EAGER", "--port", port]
    log = tmp_path_factory.mktemp("start-api") / "log"
    with log.open("wb") as file:
        server = subprocess.Popen(list(map(str, command)), stdout=file, stderr=file, env={**os.environ, **OFFLINE})
    url = f"http://127.0.0.1:{port}"
    wait_until_it_answers(url, server, log, limit_s=200)
    yield url
    server.terminate()  # sam removes its container
    server.wait(60)


@pytest.mark.parametrize("event", sample_events(), ids=lambda path: path.stem)
def test_sam_local_start_api_answers_a_sample_event_s_request(event: Path, api: str) -> None:
    check_over_http(api, event)


def test_sam_local_start_api_serves_the_page_and_what_it_asks_for(api: str) -> None:
    page = requests.get(f"{api}/", timeout=60)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    for name in ("page.css", "page.js"):
        assert name in page.text
        assert requests.get(f"{api}/{name}", timeout=60).status_code == 200
    preflight = requests.options(f"{api}/generate", timeout=60)
    assert preflight.status_code == 204
