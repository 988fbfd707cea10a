"""Fitting of a body to markers (MoSh): marker model, solver, pose prior, batches and plots."""
