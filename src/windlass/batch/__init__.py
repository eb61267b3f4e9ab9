"""Batch scoring: plan, submit, follow, collect."""
