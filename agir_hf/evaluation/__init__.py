"""Metrics of assessments against clinicians' scores."""
