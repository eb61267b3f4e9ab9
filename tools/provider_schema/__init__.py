"""Generator of the provider's table of resource types.

`read_sdk` reads names and shapes in the sources of `pulumi_azure_native`, `catalog` holds what those sources
do not say (paths, renames, what replaces), `generate` joins both into `windlass_provider/schema/table.json`.
Run it as `PYTHONPATH=tools python -m provider_schema` after a change of the catalog or of the pinned SDK.
"""
