"""The pager in anyone's process: other code may handle SIGSEGV, block it, fork and crash as it would without one."""

from __future__ import annotations

import resource
import shutil
import signal
from pathlib import Path

import pytest

from tests.layer.paging.conftest import Run, fine
from tests.layer.paging.wide import AT_EXIT, FUNCTIONS, START

ALL = f"assert all(right(n) for n in range({FUNCTIONS}) if n != {AT_EXIT})\n"
HANDLED = "Fatal Python error: Segmentation fault"

# Ways to have faulthandler enabled, and Python's options for them. The library runs code at exit, when Python has given
# the signal back.
ENABLED = {
    "before, by an option": ("", ("-X", "faulthandler")),
    "before, in development mode": ("", ("-X", "dev")),
    "before": ("", ()),
    "after": ("import faulthandler; faulthandler.enable()\n", ()),
    "by a name from before": ("enable()\n", ()),
}


@pytest.mark.parametrize(("script", "options"), ENABLED.values(), ids=ENABLED)
def test_faulthandler_may_be_enabled_any_way(run: Run, script: str, options: tuple[str, ...]) -> None:
    before = "from faulthandler import enable\n" + ("" if script or options else "enable()\n")
    fine(run(script + "right(3)", *options, start=before + START))
    fine(run(script + ALL, *options, start=before + START))
    crash = run(f"{script}{ALL}ctypes.string_at(1)", *options, start=before + START)
    assert crash.returncode == -signal.SIGSEGV
    assert HANDLED in crash.stderr


def test_faulthandler_may_be_disabled_by_a_name_from_before(run: Run) -> None:
    before = "from faulthandler import disable\n"
    fine(run(f"disable(); {ALL}", "-X", "faulthandler", start=before + START))
    crash = run(f"disable(); {ALL}ctypes.string_at(1)", "-X", "faulthandler", start=before + START)
    assert (crash.returncode, crash.stderr) == (-signal.SIGSEGV, "")


def test_faulthandler_may_dump_and_register_other_signals(run: Run) -> None:
    script = "import faulthandler\nfaulthandler.register(signal.SIGUSR1, chain=False)\n"
    script += f"os.kill(os.getpid(), signal.SIGUSR1); faulthandler.unregister(signal.SIGUSR1); {ALL}"
    assert "most recent call first" in run(script, start="import signal\n" + START).stderr


HANDLERS = {
    "before": ("signal.signal(signal.SIGSEGV, lambda *_: heard.append(1))\n", ""),
    "after": ("", "signal.signal(signal.SIGSEGV, lambda *_: heard.append(1))\n"),
}


@pytest.mark.parametrize(("before", "after"), HANDLERS.values(), ids=HANDLERS)
def test_a_handler_of_the_program_s_own_hears_what_is_sent(run: Run, before: str, after: str) -> None:
    script = f"{after}{ALL}signal.raise_signal(signal.SIGSEGV); assert heard == [1], heard\n"
    script += "assert callable(signal.getsignal(signal.SIGSEGV))\n"
    fine(run(script + "right(3)", start="import signal; heard = []\n" + before + START))


def test_a_handler_that_torch_s_own_code_installs_comes_after_the_pager_when_it_is_told(run: Run) -> None:
    script = "heard = []\nhear = ctypes.CFUNCTYPE(None, ctypes.c_int)(heard.append)\n"
    script += "ctypes.CDLL(None).signal(signal.SIGSEGV, hear)\n"  # as what is loaded later calls it
    script += f"torch_pager.come_first(); torch_pager.come_first(); {ALL}"
    script += "signal.raise_signal(signal.SIGSEGV); assert heard == [signal.SIGSEGV], heard\n"
    fine(run(script))


def test_a_program_may_ignore_what_is_sent_and_take_the_default_again(run: Run) -> None:
    start = "import signal\n" + START
    fine(run(f"signal.signal(signal.SIGSEGV, signal.SIG_IGN); os.kill(os.getpid(), 11); {ALL}", start=start))
    done = run("signal.signal(signal.SIGSEGV, signal.SIG_DFL); right(3); os.kill(os.getpid(), 11)", start=start)
    assert (done.returncode, done.stderr) == (-signal.SIGSEGV, "")


def test_a_thread_that_blocks_all_signals_may_touch_code(run: Run) -> None:
    block = "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
    fine(run(block + ALL, start="import signal\n" + START))
    fine(run(ALL, start=f"import signal\n{block}{START}"))


def test_threads_may_have_the_smallest_stack(run: Run) -> None:
    script = "import threading\nthreading.stack_size(32768)\nwrong = []\n"
    script += f"def work():\n for n in range({FUNCTIONS}):\n  if not right(n): wrong.append(n)\n"
    script += "threads = [threading.Thread(target=work) for _ in range(8)]\n"
    script += "[t.start() for t in threads]; [t.join() for t in threads]; assert not wrong\n"
    fine(run(script))


def test_a_stack_overflow_ends_the_process_by_its_signal(run: Run) -> None:
    script = "sys.setrecursionlimit(10**9)\nfall = ctypes.CFUNCTYPE(None)(lambda: fall())\nright(3); fall()\n"
    assert run(script).returncode == -signal.SIGSEGV
    assert run(script, "-X", "faulthandler").returncode == -signal.SIGSEGV


def test_a_crash_leaves_a_core(run: Run, paged: Path, tmp_path: Path) -> None:
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if pattern.startswith(("|", "/")):
        pytest.skip(f"this system's cores go to {pattern}")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_CORE, (2**26, 2**26))\n"
    where = f"import os; os.chdir({str(tmp_path)!r}); sys.path.append({str(paged)!r})\n"
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("cores are forbidden here")
    done = run(f"right(3)\n{limit}{where}ctypes.string_at(1)")
    assert done.returncode == -signal.SIGSEGV
    assert [path.stat().st_size > 0 for path in tmp_path.glob("core*")] == [True]


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_twenty_children_may_touch_at_once(run: Run, method: str) -> None:
    script = f"import scenarios; scenarios.touch_from_twenty({method!r})"
    fine(run(script, "-W", "ignore"))


def test_a_daemon_may_leave_its_folder_and_close_its_files(run: Run) -> None:
    fine(run(f"os.chdir('/'); os.closerange(3, 4096); {ALL}"))


def test_a_full_address_space_is_one_sentence(run: Run) -> None:
    script = "import resource\nsize = int(open('/proc/self/statm').read().split()[0]) * 4096\n"
    script += "resource.setrlimit(resource.RLIMIT_AS, (size, size))\nheap = []\n"
    script += "try:\n while True: heap.append(bytearray(4096))\nexcept MemoryError: pass\n"
    done = run(f"{script}print('full', flush=True)\n{ALL}")
    assert done.stdout == "full\n"
    assert done.returncode == -signal.SIGABRT
    assert "torch_pager: no memory for a block of machine code" in done.stderr


def test_a_program_out_of_files_still_crashes_as_itself(run: Run) -> None:
    script = "import resource; right(3); resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3)); ctypes.string_at(1)"
    done = run(script)
    assert (done.returncode, done.stderr) == (-signal.SIGSEGV, "")


def test_two_layers_may_serve_one_process(run: Run, paged: Path, tmp_path: Path) -> None:
    shutil.copytree(paged, tmp_path / "second")
    script = "first = functions, right\nfor name in ('torch_pager', 'wide_library'): del sys.modules[name]\n"
    script += f"os.chdir({str(tmp_path / 'second')!r}); sys.path[1] = os.getcwd()\n"
    script += "import faulthandler; faulthandler.enable()\nimport wide_library as second\n"
    script += f"assert second.torch_pager._FOLDER == {str(tmp_path / 'second')!r}\n"
    script += f"assert all(first[1](n) and second.right(n) for n in range({FUNCTIONS}))\n"
    fine(run(script))
    crash = run(script + "ctypes.string_at(1)")
    assert crash.returncode == -signal.SIGSEGV
    assert HANDLED in crash.stderr


def test_without_proc_the_first_touch_says_what_it_needs(run: Run) -> None:
    hide = "import ctypes; libc = ctypes.CDLL(None)\n"
    hide += "codes = libc.unshare(0x20000), libc.mount(None, b'/', None, 0x44000, None), libc.umount2(b'/proc', 2)\n"
    hide += "print(sum(codes), flush=True)\n"
    done = run("right(3)", start=hide + START)
    if not done.stdout.startswith("0"):
        pytest.skip("hiding /proc takes root")
    assert done.returncode == -signal.SIGABRT
    assert "torch_pager: torch's libraries can't be found without it: /proc/self/maps" in done.stderr
