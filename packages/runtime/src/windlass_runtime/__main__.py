"""`python -m windlass_runtime`: serve until SIGTERM."""

from __future__ import annotations

import sys

from windlass_runtime.program import main

if __name__ == "__main__":
    sys.exit(main())
