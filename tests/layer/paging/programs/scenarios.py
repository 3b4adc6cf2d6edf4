"""What programs do with a paged library none of whose code has been touched: each function is run in a new process."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import threading
from pathlib import Path

from wide_library import functions, right  # type: ignore[import-not-found]

PAGE = 4096


def touch_from_many_threads() -> None:
    """All threads touch the same function first, one function after the other."""
    barrier = threading.Barrier(16)
    wrong: list[int] = []

    def work() -> None:
        for number in range(len(functions)):
            barrier.wait()
            if not right(number):
                wrong.append(number)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def touch_from_children() -> None:
    """Children are forked while another thread of their parent touches code; they touch other code."""

    def touch_all() -> None:
        for number in range(len(functions)):
            right(number)

    busy = threading.Thread(target=touch_all)
    busy.start()
    for number in range(len(functions) - 1, -1, -4):
        child = os.fork()
        if not child:
            signal.alarm(20)
            os._exit(0 if all(right(other) for other in range(number, -1, -7)) else 1)
        assert os.waitpid(child, 0)[1] == 0
    busy.join()


def touch_while_signals_come() -> None:
    """A timer's signal interrupts the touches; Python's handler runs."""
    heard: list[int] = []
    signal.signal(signal.SIGALRM, lambda *_: heard.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    assert all(right(number) for number in range(len(functions)))
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert heard


def touch_cold_pages_beside_hot_ones() -> None:
    """The function f3 is hot: its page is there first, and then the other pages of its block are brought in."""
    code = ctypes.cast(functions[3], ctypes.c_void_p).value
    assert code
    assert right(3)
    assert ctypes.string_at(code + 8 * PAGE, 16)
    assert all(right(number) for number in range(len(functions)))
    assert right(3)


def touch_all_functions(_number: int) -> bool:
    """Whether all functions are right, in a child."""
    return all(right(number) for number in range(len(functions)))


def touch_from_twenty(method: str) -> None:
    """Twenty children, started in one of multiprocessing's ways, touch all code at once, and so does their parent."""
    with multiprocessing.get_context(method).Pool(20) as pool:
        answers = pool.map_async(touch_all_functions, range(20), chunksize=1)
        assert touch_all_functions(0)
        assert all(answers.get(timeout=50))


def take_alternate_stack(size: int) -> None:
    """Give this thread a stack of its own for signal handlers, below which no memory may be touched."""

    class Stack(ctypes.Structure):
        _fields_ = (("address", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))

    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
    below = 4 * PAGE
    address = libc.mmap(None, below + size, 0, 0x22, -1, 0)  # MAP_PRIVATE | MAP_ANONYMOUS
    assert libc.mprotect(ctypes.c_void_p(address + below), ctypes.c_size_t(size), 3) == 0
    assert libc.sigaltstack(ctypes.byref(Stack(address + below, 0, size)), None) == 0


def start_programs_while_threads_touch() -> None:
    """Programs are started by subprocess and posix_spawn, both by vfork, while other threads touch code."""
    wrong: list[int] = []

    def touch(first: int) -> None:
        wrong.extend(number for number in range(first, len(functions), 4) if not right(number))

    def start(_: int) -> None:
        for _ in range(5):
            if subprocess.run(["true"], check=False).returncode:
                wrong.append(-1)
            child = os.posix_spawnp("true", ["true"], os.environ, setsigdef=[signal.SIGSEGV], setsigmask=[11])
            if os.waitpid(child, 0)[1]:
                wrong.append(-2)

    threads = [threading.Thread(target=target, args=(n,)) for n in range(4) for target in (start, touch)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def fill_cgroup(group: str) -> None:
    """Enter a cgroup and take all of its memory but 1 MB."""
    Path(group, "cgroup.procs").write_text(str(os.getpid()))
    first = Path(group, "memory.limit_in_bytes").is_file()  # version 1
    used = Path(group, "memory.usage_in_bytes" if first else "memory.current")
    limit = int(Path(group, "memory.limit_in_bytes" if first else "memory.max").read_text())
    heap = []
    while int(used.read_text()) < limit - (1 << 20):
        heap.append(bytearray(b"x" * (1 << 16)))
    print("full", flush=True)
    globals()["heap"] = heap
