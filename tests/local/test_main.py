"""`python -m local`: the demo and the server, as a person runs them."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from layer.errors import LayerError
from local import __main__ as main

Local = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.slow  # builds the layer
@pytest.mark.timeout(600)  # the layer's builds wait for each other
def test_a_demo_that_fails_shows_the_log_and_the_reason(local_module: Local, tmp_path: Path) -> None:
    done = local_module("demo", MODEL_URI=str(tmp_path / "absent"))
    assert done.returncode == 1
    assert "no such directory" in done.stderr  # the log's
    assert "the function answered 503" in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_begins_with_a_word_that_any_model_knows(local_module: Local, trained_run: Path) -> None:
    done = local_module("demo", MODEL_URI=str(trained_run / "bundle"))
    assert done.returncode == 0, done.stderr
    prime = re.search(r'POST /generate {"prime": "(marla|otto|ines|bo)"', done.stdout)
    assert prime
    assert f"\n\n{prime[1].upper()}\n" in done.stdout


@pytest.mark.slow  # builds the layer
@pytest.mark.timeout(600)
def test_the_demo_s_curl_line_asks_for_the_demo_s_script(local_module: Local) -> None:
    done = local_module("demo")
    assert done.returncode == 0, done.stderr
    how, script = done.stdout.split("\n\n", 1)
    assert "Runtime Interface Emulator" in how
    assert "torch is the layer's" in how
    assert "can't be built" not in how
    assert how.endswith('POST /generate {"prime": "jerry", "length": 120, "end": "sentence"}')
    assert script.startswith("JERRY\n")
    curl = shlex.split(done.stdout.strip().splitlines()[-1])
    assert curl[:2] == ["curl", "http://127.0.0.1:8080/generate"]
    assert json.loads(curl[-1])["prime"] == "jerry"
    assert isinstance(json.loads(curl[-1])["seed"], int)


def test_a_demo_whose_layer_can_t_be_built_uses_the_installed_torch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_network(*_: object) -> None:
        raise LayerError("pip could not download torch")

    monkeypatch.setattr(main, "build", no_network)
    main._demo()
    printed = capsys.readouterr().out
    assert "so the installed torch takes its place: pip could not download torch\n" in printed
    assert "\nJERRY\n" in printed


def test_a_reader_that_has_gone_is_no_error() -> None:
    command = [sys.executable, "-m", "local", "demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    children = [int(child) for child in listed.stdout.split()]
    return children + [grandchild for child in children for grandchild in descendants(child)]


def test_the_server_serves_until_it_is_stopped(trained_run: Path) -> None:
    command = [sys.executable, "-m", "local", "serve", "--port", "0"]
    relative = os.path.relpath(trained_run / "bundle")  # to where the command runs, not the function
    environment = {**os.environ, "MODEL_URI": relative}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert server.stdout
    server.stdout.readline()
    address = re.search(r"http://[\d.]+:\d+", server.stdout.readline())
    assert address
    assert requests.get(f"{address[0]}/health", timeout=60).json()["status"] == "ok"
    tried = shlex.split(next(line for line in server.stdout if line.startswith("  curl ")))
    assert tried[1] == f"{address[0]}/generate"
    assert requests.post(tried[1], json=json.loads(tried[-1]), timeout=60).status_code == 200
    started = descendants(server.pid)
    assert len(started) >= 2  # the emulator, and under it the function's runtime
    server.send_signal(signal.SIGINT)
    output, _ = server.communicate(timeout=30)
    assert (server.returncode, output.endswith("stopped\n")) == (0, True)
    time.sleep(0.2)
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()], "something outlived the server"


def test_a_machine_without_the_emulator_calls_the_handler_in_process(trained_run: Path) -> None:
    environment = {**os.environ, "MODEL_URI": str(trained_run / "bundle")}
    command = [sys.executable, str(Path(__file__).with_name("demo_without_emulator.py"))]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "does not run on this machine: calling the real handler in this process" in done.stdout
    assert re.search(r"^(MARLA|OTTO|INES|BO)\n", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("port", ["-1", "99999"])
def test_an_impossible_port_is_one_sentence(local_module: Local, port: str) -> None:
    done = local_module("serve", "--port", port)
    assert done.returncode == 1
    assert "can't be used" in done.stderr
    assert "Traceback" not in done.stderr
