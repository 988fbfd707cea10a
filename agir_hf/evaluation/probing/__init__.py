"""Linear probes and baselines on frozen embeddings and gait parameters."""
