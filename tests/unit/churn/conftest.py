"""The example's own modules, imported as its container and its training do: by their folder."""

from __future__ import annotations

import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[3] / "endpoints" / "churn"

for _folder in ("src", "model"):
    sys.path.insert(0, str(EXAMPLE / _folder))
