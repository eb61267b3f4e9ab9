"""The local Azure."""
