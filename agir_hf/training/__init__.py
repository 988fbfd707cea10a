"""Training: losses, collators, trainers, initialisation and conversion of checkpoints."""
