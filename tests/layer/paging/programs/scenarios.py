"""What programs do with a paged library none of whose code has been touched: each function is run in a new process."""

import ctypes
import multiprocessing
import os
import signal
import threading

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
