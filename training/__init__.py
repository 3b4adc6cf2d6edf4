"""Training: scripts in, a bundle out. Run as `python -m training`."""

import os

# libgomp's threads wait for each other in a busy loop, by default of 300,000 turns. On a machine that does other work
# too, a step then takes three to twenty times as long. To sleep at once instead (OMP_WAIT_POLICY=passive) costs a fifth
# to two fifths of the speed on a quiet machine. A short loop is good on both (docs/training.md). The variable is read
# when torch is imported.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
