"""The files through which a job and GitHub talk: the event, the summary, the outputs of a step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from windlass.errors.github import EventUnreadableError
from windlass.github.event import Event, run_url
from windlass.github.summary import SUMMARY_LIMIT, fit_summary, output_lines


def read_event(environ: Mapping[str, str]) -> Event:
    """Read what started the job; at a desk there is nothing, and that is no error.

    Raises:
        EventUnreadableError: GITHUB_EVENT_PATH names a file that is none of GitHub's.
    """
    path = environ.get("GITHUB_EVENT_PATH", "")
    return Event(
        name=environ.get("GITHUB_EVENT_NAME", ""),
        document=_read(Path(path)) if path else {},
        ref=environ.get("GITHUB_REF", ""),
        commit=environ.get("GITHUB_SHA", ""),
        run_url=run_url(environ),
    )


def write_summary(environ: Mapping[str, str], text: str) -> bool:
    """Add a text to the summary of the job; returns whether there is one (GITHUB_STEP_SUMMARY), which a desk lacks.

    What the step wrote to it before counts towards the limit.
    """
    path = environ.get("GITHUB_STEP_SUMMARY", "")
    if not path:
        return False
    with Path(path).open("ab") as file:
        file.write(fit_summary(text, SUMMARY_LIMIT - file.tell()).encode())
    return True


def write_outputs(path: Path, outputs: Mapping[str, str]) -> None:
    """Hand values to later steps.

    Args:
        path: What GITHUB_OUTPUT names.
        outputs: Names and values; a value may have several lines.

    Raises:
        OutputRefusedError: A name could be read as something else; nothing was written.
    """
    lines = "".join(output_lines(name, value) for name, value in outputs.items())
    with path.open("a", encoding="utf-8") as file:
        file.write(lines)


def _read(path: Path) -> Mapping[str, object]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EventUnreadableError(str(path), str(error)) from error
    if not isinstance(document, dict):
        raise EventUnreadableError(str(path), "it is no JSON object")
    return document
