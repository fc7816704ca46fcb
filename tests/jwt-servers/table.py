#!/usr/bin/env python3
"""Makes docs/jwt-libraries.md of what the last whole run of run.sh printed: row x set-up, nothing of it written by hand."""

import datetime
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.join(HERE, "..", "..")
LETTERS = {"python": "P", "node": "N", "rust": "R"}
SOUND = re.compile(r"^(sound|jose)-(.+)$")


def read(path):
    """The outcome of each row by set-up, the rows in their order, and the requests of each set-up."""
    seen, order, requests, setup = {}, [], {}, None
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("== "):
                setup = tuple(line.split()[1:3])
                seen[setup] = {}
            elif line.startswith("FAILED"):
                sys.exit(f"{setup} did not run through")
            elif match := re.match(r"(\d+) rows asked, (\d+) requests", line):
                requests[setup] = (int(match[1]), int(match[2]))
            elif match := re.match(r"(refused|note|HOLE|n/a|lacks)\s+([a-z0-9-]+)", line):
                word, row = match.groups()
                if row not in order:
                    order.append(row)
                # A fetch is told after the answer, and is the worse of both.
                if seen[setup].get(row) != "HOLE":
                    seen[setup][row] = word
    for setup in seen:
        if setup not in requests:
            sys.exit(f"{setup} has no end")
    return seen, order, requests


def letter(setup):
    return "J" if setup[1].startswith("jose-") else LETTERS[setup[0]]


def cell(seen, setups, row):
    """Who takes a row: a capital letter is a hole, a small one a note."""
    taken, asked = "", False
    for setup in setups:
        word = seen[setup].get(row, "n/a")
        asked = asked or word in ("refused", "note", "HOLE")
        taken += {"HOLE": letter(setup), "note": letter(setup).lower()}.get(word, "")
    return taken or ("·" if asked else "")


def table(seen, rows, columns):
    lines = ["| row | " + " | ".join(columns) + " |", "| --- |" + " --- |" * len(columns)]
    for row in rows:
        cells = [cell(seen, setups, row) for setups in columns.values()]
        if any(cells):
            lines.append(f"| `{row}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def versions():
    with open(os.path.join(HERE, "python", "requirements.txt"), encoding="utf-8") as file:
        python = [line.strip().replace("==", " ") for line in file if line.lower().startswith("pyjwt")]
    with open(os.path.join(HERE, "python", "requirements-old.txt"), encoding="utf-8") as file:
        old = [line.strip().replace("==", " ") for line in file if line.lower().startswith("pyjwt")]
    with open(os.path.join(HERE, "node", "package.json"), encoding="utf-8") as file:
        node = {
            name: version.removeprefix("npm:").replace("@", " ")
            for name, version in json.load(file)["dependencies"].items()
        }
    with open(os.path.join(REPOSITORY, "Cargo.lock"), encoding="utf-8") as file:
        rust = re.search(r'name = "jsonwebtoken"\nversion = "([^"]+)"', file.read())[1]
    return python, old, node, rust


def main(path):
    seen, rows, requests = read(path)
    sound, wrong = {}, {}
    for setup in seen:
        match = SOUND.match(setup[1])
        columns, name = (sound, match[2]) if match else (wrong, setup[1])
        columns.setdefault(name, []).append(setup)
    number = sum(len(setups) for setups in sound.values())
    holes = [row for row in rows for setups in sound.values() for setup in setups if seen[setup].get(row) == "HOLE"]
    told = {row: {seen[setup].get(row) for setup in seen} for row in rows}
    refused = [row for row in rows if "refused" in told[row] and not told[row] & {"HOLE", "note"}]
    unasked = [row for row in rows if not told[row] & {"refused", "HOLE", "note"}]
    day = datetime.datetime.fromtimestamp(os.path.getmtime(path), datetime.timezone.utc).date().isoformat()
    python, old, node, rust = versions()
    packages = ", ".join(version if version[0].isalpha() else f"{name} {version}" for name, version in node.items())
    asked = [count for count, _ in requests.values()]
    sent = [count for _, count in requests.values()]
    print(f"""# The corpus against JWT libraries

Each row of the corpus was sent to small servers behind JWT libraries as they come from the registries, set up as their documentation asks
and misconfigured as it warns. `tests/jwt-servers/run.sh` sent it on {day}, and `tests/jwt-servers/run.sh table > docs/jwt-libraries.md` made this page
of what it printed. The [servers and their modes](../tests/jwt-servers/README.md) are in the repository.

| letter | library |
| --- | --- |
| P | {", ".join(python)} (Python); {", ".join(old)} where the column is `old-pkcs1` |
| N | jsonwebtoken for Node |
| J | jose for Node |
| R | the crate jsonwebtoken {rust} |

The packages of Node are {packages}.

A letter says that this server took the row: a capital letter is a hole, a small one a note, which fails no run. A dot says that every server
of the column that was asked refused it. An empty cell was asked of none: a token that is signed with a shared secret has no public key to confuse.

There are {len(seen)} set-ups, {number} of them sound. Each was asked {min(asked)} to {max(asked)} of {len(rows)} rows with {min(sent)} to {max(sent)} requests.
The sound ones took {len(holes)} rows as holes.

## Set up as the library asks

{table(seen, rows, sound)}

## Set up as the documentation warns

{table(seen, rows, wrong)}

## Rows that every server refused

{", ".join(f"`{row}`" for row in refused)}.

## Rows that no server could be asked

They need another kind of credential, or an input that these servers do not give.

{", ".join(f"`{row}`" for row in unasked)}.""")


if __name__ == "__main__":
    main(sys.argv[1])
