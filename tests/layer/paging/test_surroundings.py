"""The pager where a process finds little: small stacks for signals, no memory, a closed disk, a debugger."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.layer.paging.conftest import Run, fine
from tests.layer.paging.wide import AT_EXIT, FUNCTIONS, START

ALL = f"assert all(right(n) for n in range({FUNCTIONS}) if n != {AT_EXIT})\n"


def test_a_program_may_have_a_stack_of_8_kb_for_its_signals(run: Run) -> None:
    fine(run(f"import scenarios; scenarios.take_alternate_stack(8192); {ALL}"))


def test_children_may_start_by_vfork_while_threads_touch(run: Run) -> None:
    fine(run("import scenarios; scenarios.start_programs_while_threads_touch()"))


def test_nothing_needs_to_be_writable_nor_shared_memory(run: Run) -> None:
    closed = "import ctypes, os; libc = ctypes.CDLL(None)\n"
    closed += "if libc.unshare(0x20000): raise SystemExit(print('as before'))\n"  # mounts of its own
    closed += "codes = libc.mount(None, b'/', None, 0x44000, None), libc.umount2(b'/dev/shm', 2)\n"
    closed += "codes += (libc.mount(None, b'/', None, 0x1021, None),)\n"  # once more, read-only
    closed += "print(codes, os.access('/', os.W_OK), flush=True)\n"
    done = run(ALL, start=closed + START)
    if not done.stdout.startswith("(0, 0, 0)"):
        pytest.skip("closing the disk takes root, and a /dev/shm")
    assert "False" in fine(done)


def test_a_system_with_larger_pages_is_refused_at_load(run: Run) -> None:
    # A stand-in for the system's answer: such a system can't be had here.
    larger = "import os; ask = os.sysconf; os.sysconf = lambda n: 65536 if n == 'SC_PAGE_SIZE' else ask(n)\n"
    done = run("right(3)", start=larger + START)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ImportError: torch in this layer needs a system with memory pages of 4,096 bytes, and this one's have 65,536: "
        "take another kernel, or torch's own wheel"
    )


@pytest.fixture
def small_memory() -> Iterator[Path]:
    """A cgroup of 40 MB."""
    for root, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = Path(root, f"pager-test-{os.getpid()}")
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / limit).write_text(str(40 << 20))
            yield group
            return
        except OSError:
            pass
        finally:
            group.rmdir()
    pytest.skip("making a cgroup takes root")


def test_a_cgroup_out_of_memory_ends_the_process_by_its_signal(run: Run, small_memory: Path) -> None:
    done = run(f"import scenarios; scenarios.fill_cgroup({str(small_memory)!r}); {ALL}")
    assert done.stdout == "full\n"
    assert done.returncode == -signal.SIGKILL


TRACERS = {
    "gdb": ["-nx", "-q", "-batch", "-ex", "handle SIGSEGV nostop noprint pass", "-ex", "run", "--args"],
    "strace": ["-f", "-o", "/dev/null"],
    "perf": ["record", "-q", "-o", "/dev/null"],
}


@pytest.mark.parametrize("tracer", TRACERS)
def test_a_tracer_may_watch(paged: Path, tracer: str) -> None:
    if shutil.which(tracer) is None:
        pytest.skip(f"there is no {tracer} here")
    command = [tracer, *TRACERS[tracer], sys.executable, "-c", f"{START}{ALL}print('right')"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=paged, check=False, timeout=60)
    if "not permitted" in done.stderr.lower():
        pytest.skip(f"{tracer} is not permitted here")
    assert "right\n" in done.stdout, done.stderr
    assert done.returncode == 0
