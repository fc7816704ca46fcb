"""Writes each example of each rule as one seed: a byte that chooses a path, and the text."""

import pathlib
import sys
import tomllib

rules, into = map(pathlib.Path, sys.argv[1:3])
number = 0
for file in sorted(rules.glob("*.toml")):
    for rule in tomllib.loads(file.read_text()).get("rule", []):
        for example in rule.get("examples", []) + rule.get("counterexamples", []):
            pieces = example["text"] if isinstance(example, dict) else example
            number += 1
            pathlib.Path(into, f"{number:05}").write_bytes(bytes([number % 16]) + "".join(pieces).encode())
print(number, "seeds")
