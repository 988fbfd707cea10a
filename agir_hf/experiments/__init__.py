"""The paper's tables and external validation: cross-validated training, inference, predictions."""
