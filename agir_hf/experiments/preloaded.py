"""What a stage imports and compiles before its own work, for `stage_server`.

Importing this module starts no threads and uses no GPU, so a process can fork after it.
"""

import pycocoevalcap.cider.cider  # noqa: F401
import scipy.io  # noqa: F401
import trl.scripts.utils  # noqa: F401

from ..gait.claims import extract_claims
from ..training import (  # noqa: F401
    dpo,
    initialization,
    peft_utils,
    script_arguments,
    script_utils,
    vqvae,
)
from . import predict  # noqa: F401

extract_claims("Speed is normal.")  # compiles the patterns of the lexicon
