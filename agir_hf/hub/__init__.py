"""To the Hub: what goes into a repository, what must not, and how it gets there."""
