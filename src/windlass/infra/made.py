"""What a program has made so far, for what has to come last."""

from __future__ import annotations

import pulumi


def remember_resources() -> list[pulumi.CustomResource]:
    """Return a list that each resource of Azure joins when it is registered; components are not among them."""
    made: list[pulumi.CustomResource] = []

    def remember(args: pulumi.ResourceTransformationArgs) -> None:
        if isinstance(args.resource, pulumi.CustomResource):
            made.append(args.resource)

    pulumi.runtime.register_stack_transformation(remember)
    return made
