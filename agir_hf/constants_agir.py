"""Constants that the model files and the rest of the package share."""

NOTICE = "Research use only. Not a medical device."
NUM_SCORES = 3  # scores of AGIR, the default
MAX_NUM_SCORES = 5  # scores of the MDS-UPDRS gait item: 0 to 4
SCORES = tuple(range(NUM_SCORES))  # scores of the gait item that the model predicts by default
MIN_WALK_S = 1.0  # shortest walk that is read, fitted, assessed or generated
