"""Errors that a user of an experiment can fix."""


class ExperimentError(ValueError):
    """Wrong input of an experiment, or a stage that failed.

    The message is one line and says what to do.
    """
