"""Metrics of scores, probabilities and rationales, and their significance tests."""
