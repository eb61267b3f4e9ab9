"""The stand-in for the `azure-native` provider plugin, between the Pulumi engine and the local Azure."""

VERSION = "3.29.0"
"""The release of the real provider whose place this takes."""
