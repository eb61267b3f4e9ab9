"""All that talks to GitHub's API."""
