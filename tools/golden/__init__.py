"""Real previews, made with the engine, of which every report is a golden file."""
