"""Benchmarks: `make bench` measures and writes RESULTS.md."""

import os

# As the command line has it. With more threads on one core a search takes three times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
