"""Makes a fresh clone ready: `python3 tools/setup` (or `make setup`).

It needs nothing but Python. It writes only into the checkout (`.venv/`, `.windlass/`) and one cache folder, says what
it does and how long it takes, and does nothing the second time.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file must also run where the rest of the project cannot
    sys.exit(
        f"Windlass needs Python 3.11 or newer; this is {sys.version.split()[0]}. Run: make setup PYTHON=python3.11"
    )

from setup_steps import main

if __name__ == "__main__":
    sys.exit(main())
