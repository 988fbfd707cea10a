"""Results, tables, plots and model-card sections of an evaluation."""
