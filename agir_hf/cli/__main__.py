# PYTHON_ARGCOMPLETE_OK
"""``python -m agir_hf.cli``, the same as ``agir``."""

import sys

from . import main

sys.exit(main())
