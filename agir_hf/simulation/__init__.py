"""Simulated walks and cohorts with ground truth, in the file layout of a motion laboratory."""
