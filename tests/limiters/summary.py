"""One line of a result: each question with its outcome, the exit code, and as a comment what it cost."""
import json
import sys

name, code, path = sys.argv[1:]
result = json.load(open(path))
words = {"pass": "pass", "fail": "RED", "inconclusive": "open", "not-testable": "-", "skipped": "skipped"}
cells, ways = [], []
for case in result["cases"]:
    if not case["check"].startswith("rate-limit/") or case["outcome"]["is"] == "skipped":
        continue
    said = words[case["outcome"]["is"]]
    findings = case["outcome"].get("findings", [])
    if findings and all(finding["severity"] == "note" for finding in findings):
        said = "note"
    cells.append(f'{case["check"].removeprefix("rate-limit/")}={said}')
    ways += [finding["title"].rpartition(" with ")[2] for finding in findings if case["check"].endswith("bypass")]
order = ["enforced", "bypass", "neighbour", "lockout", "retry-after", "recovery"]
cells.sort(key=lambda cell: order.index(cell.split("=")[0]) if cell.split("=")[0] in order else 9)
print(f'{name}: {" ".join(cells)} exit={code}   # {result.get("requests_sent", "?")} requests, {result.get("duration_ms", 0) / 1000:.1f} s {"; ".join(ways)}')
