"""Constants that the model files and the rest of the package share."""

NOTICE = "Research use only. Not a medical device."
SCORES = (0, 1, 2)  # scores of the MDS-UPDRS gait item that the model predicts
MIN_WALK_S = 1.0  # shortest walk that is read, fitted, assessed or generated
