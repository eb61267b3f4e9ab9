"""Runs Azure's own inference server on a loopback port: `python scoring_server.py PORT_FILE`.

The same application under gunicorn as `azmlinfsrv`, but on a port of 127.0.0.1 that the system gives: the socket is
bound here and handed on, so nobody can take the port in between, and its number is written to PORT_FILE. The front
(`front.py`) alone is reached from outside.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from pathlib import Path

_APPLICATION = "azureml_inference_server_http.server.entry:app"


def main(port_file: Path) -> None:
    """Serve until a signal ends it, or the front is gone."""
    threading.Thread(target=_end_with_the_front, daemon=True).start()
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    _set_up_as_azmlinfsrv_does()
    half = port_file.with_suffix(".half")
    half.write_text(str(listener.getsockname()[1]), encoding="ascii")
    half.replace(port_file)
    _run_gunicorn(listener.detach())


def _end_with_the_front() -> None:
    """End this process and its workers when nobody holds the other end of stdin: a killed front cannot tell it."""
    while os.read(0, 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _set_up_as_azmlinfsrv_does() -> None:
    import azureml_inference_server_http as server  # type: ignore[import-not-found,unused-ignore]
    from azureml_inference_server_http.constants import (  # type: ignore[import-not-found,unused-ignore]
        PACKAGE_ROOT,
    )
    from azureml_inference_server_http.log_config import (  # type: ignore[import-not-found,unused-ignore]
        load_logging_config,
    )

    load_logging_config(PACKAGE_ROOT)
    os.environ.setdefault("HTTP_X_MS_SERVER_VERSION", f"azmlinfsrv/{server.__version__}")
    sys.path.append(os.environ["AML_APP_ROOT"])


def _run_gunicorn(descriptor: int) -> None:
    from gunicorn.app.wsgiapp import WSGIApplication  # type: ignore[import-untyped,import-not-found,unused-ignore]
    from gunicorn.config import make_settings  # type: ignore[import-untyped,import-not-found,unused-ignore]

    options = {
        "--bind": f"fd://{descriptor}",
        "--workers": os.environ.get("WORKER_COUNT", "1"),
        "--timeout": os.environ.get("WORKER_TIMEOUT", "300"),
        "--error-logfile": "/dev/null",  # azmlinfsrv's own handlers already write it to the console
    }
    flags = ["--preload"] if os.environ.get("WORKER_PRELOAD", "").lower() == "true" else []
    if "control_socket_disable" in make_settings():  # newer versions open a control socket in the home folder
        flags.append("--no-control-socket")
    sys.argv = [sys.argv[0], *(part for option in options.items() for part in option), *flags, _APPLICATION]
    WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]").run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
