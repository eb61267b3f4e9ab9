"""`python -m windlass_emulator`."""

from windlass_emulator.cli import main

if __name__ == "__main__":
    main()
