"""What the local stack needs in `.windlass/`: the provider plugin, a state folder, a file to source, environments."""

from __future__ import annotations

from pathlib import Path

from layout import Layout
from steps_run import Step, environment, key_of, run

_ENV = """\
# Source this to use the local stack with plain `pulumi`. Written by make setup.
export PATH="{tools}:{venv}/bin:$PATH"
export PULUMI_HOME="{local}/pulumi"
export PULUMI_BACKEND_URL="file://{local}/state"
export PULUMI_CONFIG_PASSPHRASE=""
export PULUMI_SKIP_UPDATE_CHECK=true
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
export PULUMI_DISABLE_REGISTRY_RESOLVE=true
export WINDLASS_CACHE="{cache}"
if [ -f "{local}/azure/azure.env" ]; then
  set -a
  . "{local}/azure/azure.env"
  set +a
fi
"""


def prepare(layout: Layout) -> bool:
    """Write what is missing; returns whether anything had to be done."""
    examples = sorted((layout.root / "environments").glob("*/environment.yml"))
    content = [path for example in examples for path in sorted(example.parent.iterdir()) if path.is_file()]
    launcher = layout.root / "packages" / "provider" / "src" / "windlass_provider" / "install.py"
    stamp = layout.local / f"local-stack-{key_of(*content, launcher, str(layout.cache), __doc__ or '', _ENV)}"
    if stamp.exists():
        return False
    (layout.local / "state").mkdir(parents=True, exist_ok=True)
    (layout.local / "env").write_text(
        _ENV.format(tools=layout.tools, venv=layout.venv, local=layout.local, cache=layout.cache)
    )
    _plugin(layout)
    _stack(layout)
    for example in examples:
        _environment(layout, example)
    stamp.touch()
    return True


def _plugin(layout: Layout) -> None:
    argv = [layout.python, "-m", "windlass_provider", "install", "--home", layout.local / "pulumi"]
    log = layout.local / "log" / "setup-local.log"
    run(argv, what="Installing the provider plugin", log=log, env=environment(layout))


def _stack(layout: Layout) -> None:
    """Create the stack, so that plain `pulumi up -s local` finds it."""
    script = '. "$0" && pulumi stack select --create --non-interactive local'
    log = layout.local / "log" / "setup-local.log"
    argv = ["sh", "-c", script, layout.local / "env"]
    run(argv, what="Creating the stack local", log=log, env=environment(layout), cwd=layout.root)


def _environment(layout: Layout, example: Path) -> None:
    step = Step(f"Environment of {example.parent.name}")
    argv = [layout.python, "-m", "windlass_emulator", "environments", "prepare", example, "--cache", layout.cache]
    what = f"Preparing the environment of {example.parent.name}"
    run(argv, what=what, log=layout.local / "log" / "setup-local.log", env=environment(layout))
    step.done()
