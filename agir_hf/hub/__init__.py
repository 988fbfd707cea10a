"""Publish models, data sets, the Space and the metrics on the Hugging Face Hub."""
