"""Body fitting (MoSh): marker model, solver, pose prior, batches of trials and plots."""
