"""Runs the plugin; with `install --home PULUMI_HOME` puts it where the engine looks."""

import signal
import sys


def main(arguments: list[str]) -> int:
    """Runs or installs the plugin."""
    if arguments[:1] == ["install"]:
        import argparse
        from pathlib import Path

        from windlass_provider.install import install

        parser = argparse.ArgumentParser(prog="python -m windlass_provider install", description=install.__doc__)
        parser.add_argument("--home", type=Path, required=True, help="PULUMI_HOME of the local stack")
        executable = install(parser.parse_args(arguments[1:]).home.resolve())
        sys.stdout.write(f"{executable}\n")
        return 0
    # Until the server takes over, the engine's interrupt ends the process without a traceback on its stderr.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from windlass_provider.server import main as run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
