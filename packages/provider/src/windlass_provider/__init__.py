"""A stand-in for the azure-native provider plugin."""
