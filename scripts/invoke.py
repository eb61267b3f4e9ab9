"""Score one customer or a table with an online endpoint."""

from __future__ import annotations

from pathlib import Path

import click

from windlass.cli import options
from windlass.cli.run import run
from windlass.errors import ExitCode

ROOT = Path(__file__).resolve().parent.parent
OK = 200


@click.command()
@click.argument("name")
@options.common
@click.option("--sample", metavar="SAMPLE", help="A request of endpoints/NAME/samples, without .json.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A request in JSON, or a table in CSV.",
)
@click.option("--data", metavar="JSON", help="The request itself.")
@click.option("--deployment", metavar="NAME", default="", help="Ask this one, whatever its traffic.")
@click.option("--timeout", type=float, default=30, show_default=True, help="Seconds to wait for the answer.")
def invoke(  # noqa: PLR0913 - one parameter per flag
    *,
    name: str,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    sample: str | None,
    file: Path | None,
    data: str | None,
    deployment: str,
    timeout: float,
) -> int:
    """Score one customer or a table with the online endpoint of endpoints/NAME.

    The answer of the model goes to stdout. Exit code 6 when it is not 200.
    """
    body = _body(name, sample, file, data)
    from windlass.cli import render
    from windlass.factory import Toolkit

    answer = Toolkit(ROOT, stack).invoke(name, body, deployment=deployment, timeout_seconds=timeout)
    if output == "json":
        render.show_json(
            {
                "status": answer.status,
                "model_status": answer.model_status,
                "deployment": answer.deployment,
                "seconds": round(answer.seconds, 4),
                "answer": answer.text,
            }
        )
    else:
        who = f" by {answer.deployment}" if answer.deployment else ""
        click.echo(answer.text)
        click.echo(f"{answer.said}{who} in {answer.seconds * 1000:.0f} ms", err=True)
    return ExitCode.OK if answer.status == OK else ExitCode.AZURE_FAILED


def _body(name: str, sample: str | None, file: Path | None, data: str | None) -> bytes:
    if [sample, file, data].count(None) != 2:  # noqa: PLR2004 - one of three is given
        raise click.UsageError("give one of --sample, --file and --data")
    if data is not None:
        return data.encode()
    path = file or ROOT / "endpoints" / name / "samples" / f"{sample}.json"
    if not path.is_file():
        raise click.UsageError(f"there is no sample {sample} in endpoints/{name}/samples")
    if path.suffix == ".csv":
        from windlass.release.requests import table_request

        return table_request(path.read_text(encoding="utf-8"))
    return path.read_bytes()


if __name__ == "__main__":
    run(invoke)
