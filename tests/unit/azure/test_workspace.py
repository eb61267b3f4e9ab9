from __future__ import annotations

import io
import logging
import sys
import threading
import warnings
from collections.abc import Callable

import pytest

from windlass.azure.workspace import quiet


def write(text: str) -> Callable[[], object]:
    return lambda: sys.stdout.write(text)


def test_what_the_sdk_prints_is_dropped_and_what_others_print_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    other = threading.Thread(target=write("progress of another thread\n"))
    poller = threading.Thread(target=write("."), name="LROPoller(1)")

    with quiet():
        sys.stdout.write("Check: endpoint exists")
        sys.stderr.write("warning")
        warnings.warn("experimental", UserWarning, stacklevel=1)
        logging.getLogger("azure.ai.ml").warning("may be too small")
        for thread in (other, poller):
            thread.start()
            thread.join()

    assert capsys.readouterr() == ("progress of another thread\n", "")


def test_afterwards_everything_is_as_before() -> None:
    before = (sys.stdout, sys.stderr, logging.getLogger("azure").level)

    with pytest.raises(ValueError, match="inside"), quiet():
        raise ValueError("inside")

    assert (sys.stdout, sys.stderr, logging.getLogger("azure").level) == before
    assert isinstance(sys.stdout, io.TextIOBase)
