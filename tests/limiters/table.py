"""The lines of summary.py as a Markdown table: limiter by question, with what each cost."""
import re
import sys

order = ["enforced", "bypass", "neighbour", "lockout", "retry-after", "recovery"]
print("| Limiter | Set-up | " + " | ".join(order) + " | exit | requests | wall |")
print("| --- " * (len(order) + 5) + "|")
for line in sys.stdin:
    found = re.match(r"(\S+) (\S+): (.*) exit=(\d+) +# (\d+) requests, ([0-9.]+) s", line)
    if not found:
        sys.exit(f"not a line of summary.py: {line!r}")
    limiter, mode, cells, code, requests, wall = found.groups()
    said = dict(cell.split("=") for cell in cells.split())
    row = ["**red**" if said.get(name) == "RED" else said.get(name, "-") for name in order]
    print(f"| {limiter} | `{mode}` | " + " | ".join(row) + f" | {code} | {requests} | {wall} s |")
