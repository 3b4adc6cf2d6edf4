"""Machine code on demand: nothing is lost by it, whatever touches it first and however it is disturbed."""

from __future__ import annotations

import ctypes
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from layer.paging.blocks import BLOCK, PAGE
from layer.paging.split import take_text_out
from tests.layer.paging.conftest import Run, fine
from tests.layer.paging.wide import FUNCTIONS, HOT, START


def test_only_what_is_touched_is_brought_in(run: Run) -> None:
    script = "assert right(5) and right(5) and right(70); print(torch_pager._call('pager_blocks'))"
    assert int(fine(run(script))) in (2, 3)  # and perhaps the library's own start


def test_hot_code_brings_no_block_in(run: Run) -> None:
    script = "before = torch_pager._call('pager_blocks'); assert right(10) and right(30)\n"
    fine(run(script + "assert torch_pager._call('pager_blocks') <= before + 1"))  # perhaps the library's own start


def test_every_function_is_there(run: Run) -> None:
    fine(run(f"assert all(right(n) for n in range({FUNCTIONS}))"))


def test_the_file_holds_no_code_and_the_blocks_are_small(paged: Path) -> None:
    assert (paged / "libwide.so").stat().st_size < 5 * BLOCK
    assert (paged / "libwide.so.blocks").stat().st_size < FUNCTIONS * 1000


def test_the_log_tells_blocks_and_cost(run: Run) -> None:
    done = run("right(5)", start="import os; os.environ['TORCH_PAGER_LOG'] = '1'\n" + START)
    assert "blocks brought in," in done.stderr


def test_many_threads_may_touch_the_same_code_first(run: Run) -> None:
    fine(run("import scenarios; scenarios.touch_from_many_threads()"))


def test_a_child_may_touch_what_its_parent_has_not(run: Run) -> None:
    fine(run("import scenarios; scenarios.touch_from_children()", "-W", "ignore"))


def test_python_s_signal_handlers_go_on(run: Run) -> None:
    fine(run("import scenarios; scenarios.touch_while_signals_come()"))


def test_faulthandler_may_be_enabled_before_and_after(run: Run) -> None:
    fine(run(f"assert all(right(n) for n in range({FUNCTIONS}))", "-X", "faulthandler"))
    fine(run(f"import faulthandler; faulthandler.enable(); assert all(right(n) for n in range({FUNCTIONS}))"))


def test_faulthandler_may_be_disabled_again(run: Run) -> None:
    fine(run(f"import faulthandler; faulthandler.disable(); assert all(right(n) for n in range({FUNCTIONS}))"))
    script = f"import faulthandler; faulthandler.disable(); assert all(right(n) for n in range({FUNCTIONS}))"
    fine(run(script, "-X", "faulthandler"))
    crash = run("import faulthandler; faulthandler.enable(); faulthandler.disable(); right(3); ctypes.string_at(1)")
    assert (crash.returncode, crash.stderr) == (-signal.SIGSEGV, "")


CRASHES = {
    "reading nowhere": "ctypes.string_at(1)",
    "a signal that was sent": "os.kill(os.getpid(), signal.SIGSEGV)",
    "writing into code": "right(5); ctypes.memset(ctypes.cast(functions[5], ctypes.c_void_p).value, 0, 1)",
}


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES)
def test_a_genuine_segfault_ends_the_process_and_reaches_the_handler_that_was_there(run: Run, crash: str) -> None:
    silent = run(f"right(3); {crash}")
    assert (silent.returncode, silent.stderr) == (-signal.SIGSEGV, "")
    for enabled in (run(crash, "-X", "faulthandler"), run(f"import faulthandler; faulthandler.enable(); {crash}")):
        assert enabled.returncode == -signal.SIGSEGV
        assert "Fatal Python error: Segmentation fault" in enabled.stderr


@pytest.fixture
def damaged(paged: Path, tmp_path: Path) -> Path:
    """A copy of the library, to be damaged."""
    shutil.copytree(paged, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_missing_truncated_or_altered_blocks_file_is_refused_at_load(run: Run, damaged: Path) -> None:
    blocks = damaged / "libwide.so.blocks"
    whole = blocks.read_bytes()
    for content, message in (
        (whole[:-1], "is not whole"),
        (whole + b"x", "is not whole"),
        (whole[:100] + bytes([whole[100] ^ 1]) + whole[101:], "was changed"),
        (whole[:-1] + bytes([whole[-1] ^ 1]), "was changed"),  # in the last hot page
    ):
        blocks.write_bytes(content)
        done = run("", folder=damaged)
        assert done.returncode == 1
        assert "ImportError" in done.stderr
        assert message in done.stderr
    blocks.unlink()
    assert "ImportError: torch's machine code is missing" in run("", folder=damaged).stderr
    (damaged / "torch_pager.txt").write_text("{")
    assert "ImportError: the list of torch's paged libraries can't be read" in run("", folder=damaged).stderr


def test_an_altered_block_is_never_run(run: Run, damaged: Path) -> None:
    blocks = damaged / "libwide.so.blocks"
    content = bytearray(blocks.read_bytes())
    frames = content[: -len(HOT) * PAGE].rstrip(b"\0")  # hot pages come last, behind zeros up to a whole page
    content[len(frames) - 6] ^= 1  # in the last block's frame
    blocks.write_bytes(content)
    done = run(f"assert right(3); print('so far', flush=True); [right(n) for n in range({FUNCTIONS})]", folder=damaged)
    assert (done.returncode, done.stdout) == (-signal.SIGABRT, "so far\n")
    assert "torch_pager: a block of machine code is damaged" in done.stderr


def test_a_system_that_forbids_executable_memory_is_one_clear_error(run: Run) -> None:
    set_mdwe, refuse_exec_gain = 65, 1  # prctl.h, Linux 6.3
    if ctypes.CDLL(None).prctl(set_mdwe + 1, 0, 0, 0, 0) < 0:
        pytest.skip("this kernel can't forbid memory to become executable")
    forbid = f"import ctypes; ctypes.CDLL(None).prctl({set_mdwe}, {refuse_exec_gain}, 0, 0, 0)\n"
    done = run("", start=forbid + START)
    assert "ImportError: torch needs to make memory executable, and this system forbids it" in done.stderr


def test_a_library_with_little_code_stays_as_it_is(compile_library: Callable[..., Path]) -> None:
    library = compile_library("libsmall.so", "int answer(void) { return 42; }")
    before = library.read_bytes()
    assert take_text_out(library, ()) is None
    assert library.read_bytes() == before
