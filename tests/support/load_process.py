"""A steady load as a process of its own: `python -m support.load_process`, with the local Azure's variables loaded.

The first line of stdin says where to send what, as JSON; it sends until stdin closes, then it prints what became of
every request. A process of its own keeps the pace even while the test is busy.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from demo.traffic import SteadyLoad


def main() -> None:
    """Send until stdin closes."""
    wanted = json.loads(sys.stdin.readline())
    bodies = [body.encode() for body in wanted["bodies"]]
    load = SteadyLoad(uri=wanted["uri"], key=wanted["key"], bodies=bodies, rate=wanted["rate"])
    load.start()
    sys.stdin.read()
    json.dump([asdict(sent) for sent in load.stop()], sys.stdout)


if __name__ == "__main__":
    main()
