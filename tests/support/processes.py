"""Processes that a test starts."""

from __future__ import annotations

import signal


def hear_control_c() -> None:
    """To be called in the child (`preexec_fn`): Control-C has its usual meaning there.

    A child of a process that ignores it, as those that a shell starts in the background do, would
    ignore it as well.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
