"""File and column names of the Shida data set (Shida et al. 2023, Front Neurosci 17:992585).

`simulation/cohort.py` writes simulated cohorts in this layout and `corpus/clinical.py` and
`corpus/shida_cohort.py` read it, so that one command reads real and simulated cohorts. The names
are those of the published files, including their spaces and spelling.
"""

from __future__ import annotations

C3D_FOLDER = "C3Dfiles"  # one folder per session: C3Dfiles/SUB01_off/SUB01_off_walk_1.c3d
CLINICAL_TABLE = "PDGinfo.csv"  # one row per subject
TRUTH_FOLDER = "truth"  # simulated cohorts only: ground truth of each walk (.npz)

SESSIONS = ("off", "on")  # medication of the session, in folder and file names
MISSING = "-"  # content of a cell of the clinical table without a value
# Item 3.10 (gait) of the MDS-UPDRS in each session: the score that the model predicts.
SCORE_COLUMN = {"on": "ON - UPDRS-III - walking", "off": "OFF - UPDRS-III - walking"}

# Columns of the clinical table, in its order: first those that are recorded once per subject, ...
_SUBJECT_COLUMNS = (
    "ID", "Gender", "Age", "Height (cm)", "Weight (kg)", "BMI (kg/m2)", "Ortho-Prosthesis",
    "Years of formal study", "Disease duration (years)", "L-Dopa equivalent units (mg•day-1)",
    "FoG group", "FoG-Q (score)", "Initial symptoms", "Is there a family history of PD? Who?",
    "Do you feel improvement after using the antiparkinsonian medicine?",
    "Have you ever had any type of surgery? Which?", "Any rehabilitation or physical activity?",
    "Other disease (cardiovascular, bone, etc.)", "Handedness",
)  # fmt: skip
# ... then the tests of the ON session ("ON - MoCA"), then those of the OFF session.
_SESSION_COLUMNS = (
    "Hoehn & Yahr ", "MoCA", "mini-BESTest", "FES-I", "UPDRS-II", "UPDRS-II - walking",
    "UPDRS-III", "UPDRS-III - rigidity", "UPDRS-III - walking", "PIGD or TD",
    "UPDRS-III asymmetry", "Stroop-I time (s)", "Stroop-I error", "Stroop-II time (s)",
    "Stroop-II error", "Stroop-III time (s)", "Stroop-III error", "TMTA time (s)", "TMTA error",
    "TMTB time(s)", "TMTB error",
)  # fmt: skip
COLUMNS = (
    *_SUBJECT_COLUMNS,
    *(f"{session} - {test}" for session in ("ON", "OFF") for test in _SESSION_COLUMNS),
)

# Name of the kind of a simulated cohort, in its README.md and in its mark (`mark`).
SIMULATED_TAG = "simulated agir-gait cohort"
