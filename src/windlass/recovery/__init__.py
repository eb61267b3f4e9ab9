"""After a killed engine: what of its run is left behind, and how each of it is settled."""
