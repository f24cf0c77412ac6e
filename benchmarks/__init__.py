"""How fast and how small: our figures beside a rival's, in the same run. `python -m benchmarks` runs them all."""

import os

# It chooses another kernel than the one users get, and is read when numpy is first imported, here or in a child.
os.environ.pop("OPENBLAS_CORETYPE", None)
