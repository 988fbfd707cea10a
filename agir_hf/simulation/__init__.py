"""Simulated walkers and cohorts with ground truth, written in the layout of a laboratory."""
