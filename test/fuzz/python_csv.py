"""Python's csv module, asked over stdin: a line of JSON with a text and a dialect, answered by a line with its rows."""

import csv
import io
import json
import sys

for line in sys.stdin:
    case = json.loads(line)
    dialect = case["dialect"]
    if dialect["quotechar"] is None:
        dialect["quoting"] = csv.QUOTE_NONE
    rows = list(csv.reader(io.StringIO(case["text"], newline=""), **dialect))
    print(json.dumps(rows), flush=True)
