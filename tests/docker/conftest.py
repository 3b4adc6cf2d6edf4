"""Docker, the images, and what sam builds. Without Docker, or without Lambda's image, one line says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from local.expected_replies import expected_reply, without_timing
from local.runtime import emulator
from tests.replies import without_build
from tests.template.stack import sam

IMAGE = "public.ecr.aws/lambda/python:3.13"
"""Lambda's image for each processor."""

ARCHITECTURE = "arm64" if os.uname().machine in {"arm64", "aarch64"} else "x86_64"
"""This machine's, which Docker runs without emulating one."""


def docker(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command of docker's; the caller looks at its exit code."""
    command = ["docker", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, **options)


def have(image: str) -> bool:
    """Whether Docker holds an image, or can pull it now."""
    return docker("image", "inspect", image).returncode == 0 or docker("pull", "--quiet", image).returncode == 0


@pytest.fixture(scope="session")
def sam_image() -> str:
    """The name under which sam looks for Lambda's image."""
    if not shutil.which("docker") or docker("info").returncode:
        pytest.skip("Docker does not run here")
    name = f"{IMAGE}-{ARCHITECTURE}"
    if not have(name):
        pytest.skip(f"Docker runs here, but neither has nor can pull {name}")
    return name


@pytest.fixture(scope="session")
def image(sam_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Lambda's image as a Dockerfile names it; a stand-in where it can't be pulled."""
    if have(IMAGE):
        yield IMAGE
        return
    context = tmp_path_factory.mktemp("image") / "context"
    shutil.copytree(Path(__file__).parent / "stand-in", context)
    program = emulator()
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    if program is None or not certificates.is_file():
        pytest.skip(f"{IMAGE} can't be pulled, and a stand-in needs the emulator and this machine's certificates")
    shutil.copy2(program, context)
    shutil.copy2(certificates, context / "certificates.crt")
    import pip

    shutil.copytree(Path(pip.__file__).parent, context / "pip")
    made = docker("build", "--quiet", "--build-arg", f"RUNTIME={sam_image}", "--tag", IMAGE, context)
    assert made.returncode == 0, made.stderr
    yield IMAGE
    docker("image", "rm", IMAGE)


@pytest.fixture(scope="session")
def built(sam_image: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes for this machine's processor."""
    folder = tmp_path_factory.mktemp("built")
    done = sam("build", "--build-dir", folder, "--parameter-overrides", f"Architecture={ARCHITECTURE}")
    assert done.returncode == 0, done.stderr
    return folder


def as_http(event: dict[str, Any]) -> tuple[str, str, dict[str, str], str | None]:
    """The HTTP request that an event was made of: method, path and query, headers, body."""
    if "httpMethod" in event:
        query = urlencode(event["queryStringParameters"] or {})
        target = event["path"] + (f"?{query}" if query else "")
        return event["httpMethod"], target, event["headers"], event["body"]
    if "rawPath" in event:
        return event["requestContext"]["http"]["method"], event["rawPath"], event["headers"], event["body"]
    return "POST", "/generate", {"Content-Type": "application/json"}, json.dumps(event)


def check_over_http(url: str, event: Path) -> None:
    """Send a sample event as the HTTP request that it was, and compare the response with its expected reply."""
    method, target, headers, body = as_http(json.loads(event.read_bytes()))
    response = requests.request(method, url + target, headers=headers, data=body, timeout=60)
    expected = json.loads(expected_reply(event).read_bytes())
    assert response.status_code == expected.get("statusCode", 200), response.text
    assert response.headers["Content-Type"] == "application/json"
    assert without_build(without_timing(response.json())) == without_build(expected.get("body", expected))
