"""Names in the file layout of the Shida data set (Shida et al. 2023, Front Neurosci 17:992585)."""

from __future__ import annotations

MISSING = "-"  # of a cell of the clinical table
SESSIONS = ("off", "on")
SCORE_COLUMN = {"on": "ON - UPDRS-III - walking", "off": "OFF - UPDRS-III - walking"}
_PERSON = (
    "ID", "Gender", "Age", "Height (cm)", "Weight (kg)", "BMI (kg/m2)", "Ortho-Prosthesis",
    "Years of formal study", "Disease duration (years)", "L-Dopa equivalent units (mg•day-1)",
    "FoG group", "FoG-Q (score)", "Initial symptoms", "Is there a family history of PD? Who?",
    "Do you feel improvement after using the antiparkinsonian medicine?",
    "Have you ever had any type of surgery? Which?", "Any rehabilitation or physical activity?",
    "Other disease (cardiovascular, bone, etc.)", "Handedness",
)  # fmt: skip
_TESTS = (
    "Hoehn & Yahr ", "MoCA", "mini-BESTest", "FES-I", "UPDRS-II", "UPDRS-II - walking",
    "UPDRS-III", "UPDRS-III - rigidity", "UPDRS-III - walking", "PIGD or TD",
    "UPDRS-III asymmetry", "Stroop-I time (s)", "Stroop-I error", "Stroop-II time (s)",
    "Stroop-II error", "Stroop-III time (s)", "Stroop-III error", "TMTA time (s)", "TMTA error",
    "TMTB time(s)", "TMTB error",
)  # fmt: skip
COLUMNS = (*_PERSON, *(f"{s} - {test}" for s in ("ON", "OFF") for test in _TESTS))
SIMULATED_TAG = "simulated agir-gait cohort"
