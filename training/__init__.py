"""Training: scripts in, a bundle out. Run as `python -m training`."""

import os

# libgomp's threads wait for each other in a busy loop, 300,000 turns long unless told otherwise: on a machine that
# does other work too, a step then takes three to twenty times as long. Sleeping at once (OMP_WAIT_POLICY=passive) costs
# a fifth to two fifths of the speed on a quiet one (docs/training.md). It is read when torch is imported.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
