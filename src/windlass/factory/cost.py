"""What a stack costs: by its files, by its state, or by what a preview would make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from windlass.delivery.cost import CostComparison, Estimate
    from windlass.delivery.cost.book import PriceBook
    from windlass.delivery.cost.resources import Resource
    from windlass.delivery.cost.workloads import Workload
    from windlass.delivery.saved import SavedPreview
    from windlass.project.settings import StackSettings

BOOK: Final = "prices.json"
"""A price book in the folder of the project is used in place of the one of the package."""

_PACKAGE: Final = "windlass.delivery.cost"
_FREE_OF_CHARGE: Final = "The local Azure costs nothing: this is what the same would cost on Azure"


def cost_of_files(root: Path, stack: str, *, book: Path | None = None) -> CostComparison:
    """Estimate what a stack would cost as its settings and endpoints say. Nothing is asked, so a template will do.

    Args:
        root: The folder of the project.
        stack: The stack's name.
        book: A price book; the project's or the package's when None.

    Raises:
        UnknownStackError: The stack has no settings.
        InvalidSettingsError: They are wrong.
        DefinitionError: The files of an endpoint are wrong.
        PriceBookUnreadableError: The book is none.
    """
    from windlass.delivery.cost.planned import planned_resources
    from windlass.project.endpoints import find_endpoints
    from windlass.project.stack_file import load_template

    settings = load_template(root, stack)
    resources = planned_resources(settings.windlass, find_endpoints(root, stack))
    after = _estimate(resources, load_workloads(root, stack), load_book(root, book), settings)
    return _compare(settings, None, after)


def cost_of_state(root: Path, stack: str, environ: Mapping[str, str], *, book: Path | None = None) -> CostComparison:
    """Estimate what a stack costs as it is deployed, by the engine's state of it.

    Raises:
        StackNotFoundError: The backend does not know the stack.
        EngineMissingError: There is no engine to ask.
    """
    from windlass.delivery.cost.resources import parse_deployed
    from windlass.delivery.digest import PreviewDigest
    from windlass.delivery.saved import SavedPreview
    from windlass.project.stack_file import load_settings

    settings = load_settings(root, stack)
    saved = SavedPreview.of(PreviewDigest(), stack=stack, state=_state(root, stack, environ))
    resources = parse_deployed(saved.deployed)
    after = _estimate(resources, load_workloads(root, stack), load_book(root, book), settings)
    return _compare(settings, None, after)


def cost_of_preview(root: Path, stack: str, environ: Mapping[str, str], *, book: Path | None = None) -> CostComparison:
    """Have the engine preview a stack, and compare what it would cost with what is deployed.

    Raises:
        PreviewFailedError: The engine could not preview it to the end.
        EngineFailedError: It ended without a preview.
        StateUnreadableForCostError: The state that was read is empty, and the preview stands on something.
    """
    from windlass.delivery.saved import SavedPreview
    from windlass.engine.preview import run_preview
    from windlass.errors.cost import StateUnreadableForCostError
    from windlass.errors.delivery import PreviewFailedError
    from windlass.errors.engine import StackNotFoundError
    from windlass.project.stack_file import load_settings

    settings = load_settings(root, stack)
    digest = run_preview(root, stack, environ)
    if errors := digest.said("error"):
        raise PreviewFailedError(stack, errors)
    try:
        state = _state(root, stack, environ)
    except StackNotFoundError:
        state = {}
    made = cost_of_change(root, SavedPreview.of(digest, stack=stack, state=state), settings, book=book)
    if made is None:
        raise StateUnreadableForCostError(stack)
    return made


def cost_of_change(
    root: Path,
    saved: SavedPreview,
    settings: StackSettings,
    *,
    base_root: Path | None = None,
    book: Path | None = None,
) -> CostComparison | None:
    """Compare what a stack will cost, once a preview is applied, with what is deployed.

    None when that cannot be told: something is deployed, and the preview was saved without the state that names it.

    Deployments are no resources of Pulumi. Those of the files stand for both sides, those of `base_root` for what is
    deployed where it is given. How much an endpoint is used is always taken from `root`: an assumption that somebody
    corrects is no change of cost.

    Args:
        root: The folder of the project as it will be.
        saved: The preview, with what is deployed.
        settings: Of the stack as it will be.
        base_root: The folder of the project as it was deployed.
        book: A price book; the project's or the package's when None.

    Raises:
        DefinitionError: The files of an endpoint are wrong.
        PriceBookUnreadableError: The book is none.
    """
    from windlass.delivery.cost.resources import after_preview, parse_deployed, stands_on_something

    if not saved.deployed and stands_on_something(saved.digest):
        return None
    prices, workloads = load_book(root, book), load_workloads(root, saved.stack)
    after = _estimate(after_preview(saved.deployed, saved.digest), workloads, prices, settings)
    deployed = parse_deployed(saved.deployed)
    if not deployed:
        return _compare(settings, None, after)
    then = workloads if base_root is None else load_workloads(base_root, saved.stack, usage_of=root)
    return _compare(settings, _estimate(deployed, then, prices, settings), after)


def load_workloads(root: Path, stack: str, *, usage_of: Path | None = None) -> tuple[Workload, ...]:
    """Read what the endpoints of a project deploy on a stack.

    Args:
        root: The folder of the project.
        stack: The stack's name.
        usage_of: The folder whose files say how much they are used; `root` when None.

    Raises:
        DefinitionError: The files of an endpoint are wrong.
    """
    from windlass.delivery.cost.workloads import make_workload
    from windlass.project.loader import endpoint_folders, load_batch, load_online
    from windlass.project.usage_file import load_usage

    online, batch = endpoint_folders(root, "online"), endpoint_folders(root, "batch")
    return tuple(
        make_workload(
            name,
            load_usage(usage_of or root, name, stack),
            online=load_online(root, name, stack) if name in online else None,
            batch=load_batch(root, name, stack) if name in batch else None,
        )
        for name in sorted({*online, *batch})
    )


def load_book(root: Path, book: Path | None = None) -> PriceBook:
    """Read the price book: the one that is named, else the project's, else the package's.

    Raises:
        PriceBookUnreadableError: It is none.
    """
    from windlass.delivery.cost.book import parse_book
    from windlass.errors.cost import PriceBookUnreadableError

    file = book or root / BOOK
    if book is None and not file.is_file():
        return parse_book((files(_PACKAGE) / BOOK).read_bytes(), f"{_PACKAGE}/{BOOK}")
    try:
        return parse_book(file.read_bytes(), str(file))
    except OSError as error:
        raise PriceBookUnreadableError(str(file), error.strerror or "it cannot be opened") from error


def _estimate(
    resources: tuple[Resource, ...], workloads: tuple[Workload, ...], book: PriceBook, settings: StackSettings
) -> Estimate:
    from windlass.delivery.cost.estimate import estimate

    made = estimate(resources, workloads, book, settings.azure.location)
    if settings.windlass.cloud == "azure":
        return made
    return replace(made, assumptions=(_FREE_OF_CHARGE, *made.assumptions))


def _compare(settings: StackSettings, before: Estimate | None, after: Estimate) -> CostComparison:
    from windlass.delivery.cost import CostComparison

    budget = settings.windlass.budget
    return CostComparison(
        stack=settings.stack, before=before, after=after, budget=budget.monthly if budget is not None else None
    )


def _state(root: Path, stack: str, environ: Mapping[str, str]) -> dict[str, object]:
    from windlass.engine.backend import find_backend
    from windlass.engine.state import EngineState
    from windlass.project.loader import load_project_name

    backend = find_backend(root, stack, environ)
    return EngineState(root, load_project_name(root), stack, backend, environ).export()
