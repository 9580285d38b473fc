"""Writes examples/data/digits.csv from the copy in scikit-learn's wheel.

    python golden/record_digits.py

One image a line: 64 pixels (0..16, rows of the 8x8 image one after another), then the label, comma-separated.
"""

import gzip
from importlib.resources import files
from pathlib import Path

rows = gzip.decompress((files("sklearn.datasets.data") / "digits.csv.gz").read_bytes()).decode().split()
assert len(rows) == 1797
for row in rows:
    *pixels, label = map(int, row.split(","))
    assert len(pixels) == 64 and all(0 <= p <= 16 for p in pixels) and 0 <= label <= 9
target = Path(__file__).parent.parent / "examples" / "data" / "digits.csv"
target.write_text("\n".join(rows) + "\n")
