"""Shared flags, rendering, and the way from an error to a message and an exit code."""
