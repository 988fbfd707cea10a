"""Body fitting: marker model, solver, pose prior, trials in batches and plots (MoSh)."""
