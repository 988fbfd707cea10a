"""Recordings and what is written about them: the simulated cohort, its schema, its sentences."""
