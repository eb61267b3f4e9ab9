"""Pulumi components and the pure tables they are built from."""
