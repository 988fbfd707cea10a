"""Make the modules of the Space importable by their plain names, as on the Hub."""

import sys
from pathlib import Path

SPACE = Path(__file__).parents[2] / "spaces_app"
if str(SPACE) not in sys.path:
    sys.path.insert(0, str(SPACE))
