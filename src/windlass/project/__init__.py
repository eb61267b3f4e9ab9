"""What the user wrote and what follows from it: settings, definitions, names, stack outputs."""
