"""Losses, collators, trainers and data of AGIR's training."""
