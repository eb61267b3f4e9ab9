"""All that talks to the Pulumi engine."""
