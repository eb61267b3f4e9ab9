"""Pulumi components, one per concern, and the pure tables they are built from. Only here: pulumi."""
