"""A preview as a report for people: what would change, what that costs them, and how it is shown. Pure."""
