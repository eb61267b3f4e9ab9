"""A model version into service: plan, gates, steps, execute, journal."""
