"""Images: built by a registry from an uploaded source, kept as contexts, pulled by whoever holds a role."""

from __future__ import annotations

from windlass_emulator.feature import Feature
from windlass_emulator.images import builds, uploads


def feature() -> Feature:
    """Return the builds of container registries."""
    return Feature(
        "registry builds",
        routes=(*builds.routes(), *uploads.routes()),
        actions={builds.BUILD: builds.build},
        renderers={builds.TYPE.lower(): builds.render},
    )
