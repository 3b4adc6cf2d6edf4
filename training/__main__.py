"""`python -m training`; see `training.command_line`."""

import signal
import sys

if __name__ == "__main__":  # and not in the processes of a batch, which import this too
    heeded = signal.getsignal(signal.SIGINT)
    if heeded is signal.default_int_handler:  # a background process may have been told to ignore it
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends Python as it imports torch for seconds, with no traceback

    from training.command_line import main

    signal.signal(signal.SIGINT, heeded)
    sys.exit(main())
