"""The Space's modules lie in one folder, as on the Hub, and import each other by plain names."""

import sys
from pathlib import Path

SPACE = Path(__file__).parents[2] / "spaces_app"
if str(SPACE) not in sys.path:
    sys.path.insert(0, str(SPACE))
