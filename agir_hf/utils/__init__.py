"""Atomic file writing, JSON Lines and worker processes."""
