from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PACK = Path(__file__).resolve().parents[3] / "infra" / "policy"


def test_a_pack_whose_host_was_gone_before_it_had_started_ends_by_itself() -> None:
    environ = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(sys.path), "WINDLASS_PLUGIN_STARTED_BY": "1"}

    done = subprocess.run(
        [sys.executable, str(PACK)], env=environ, capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip().isdigit()
    assert done.stderr == ""
