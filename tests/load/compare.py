#!/usr/bin/env python3
"""Measures a run of the gate against a plain load tool that sends the same requests over as many connections.

The demo is a process of its own. One run of the gate goes through a proxy that writes every request down (record.py); wrk
replays what was written (replay.lua), in order, without looking at any answer. Then gate and wrk take turns, so that a noisy
machine is noisy for both, and medians are printed. Objects that the recorded run made and removed are gone when wrk asks for
them: the demo answers 404 there, a little faster. The gate's time is that of the whole process, start, document, plan and
report included; wrk's is from its first request to its last answer.

Needs wrk (Debian: apt-get install wrk) and a release build: cargo build --release.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gate", default=str(HERE.parent.parent / "target/release/launchgate"), help="the program")
    parser.add_argument("--rounds", type=int, default=5, help="times that gate and wrk take turns")
    parser.add_argument("--operations", type=int, default=1000, help="synthetic operations beside the demo's own")
    parser.add_argument("--jobs", type=int, default=8, help="exchanges at once, and connections of wrk")
    parser.add_argument("--delay", default="0ms", help="what the demo waits before each answer")
    parser.add_argument("--grace", default="2s", help="limits.grace of the plan: the time for late writes")
    parser.add_argument("--settings", default="", help="further text at the end of the plan")
    parser.add_argument("--all", action="store_true", help="latency sampling too")
    parser.add_argument("flags", nargs="*", help="flags of the gate, after `--`")
    args = parser.parse_args()
    if not args.all:
        args.flags += ["--skip", "latency"]
    return args


def first_line(process: subprocess.Popen, pattern: str) -> str:
    line = process.stdout.readline()
    return re.search(pattern, line).group(0)


class Gate:
    """The gate against one demo, with all that a run leaves behind in one folder."""

    def __init__(self, args: argparse.Namespace, folder: pathlib.Path, url: str):
        plan = subprocess.run([args.gate, "demo", "plan"], check=True, capture_output=True, text=True).stdout
        plan += f"\nlimits: {{ grace: {args.grace} }}\n{args.settings}\n"
        (folder / "launchgate.yml").write_text(plan)
        self.folder = folder
        self.environment = {**os.environ, "DEMO_URL": url, "NO_COLOR": "1"}
        self.command = [args.gate, "run", "--no-progress", "--allow-env", "DEMO_URL", "--jobs", str(args.jobs)]
        self.command += ["--report", "json=result.json", *args.flags]

    def run(self, *flags: str) -> tuple:
        """Wall seconds and what the kernel counted of a run."""
        with open(self.folder / "output", "w") as output:
            began = time.monotonic()
            process = subprocess.Popen([*self.command, *flags], cwd=self.folder, env=self.environment, stdout=output, stderr=output)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit((self.folder / "output").read_text())
        return wall, usage

    def result(self) -> dict:
        return json.loads((self.folder / "result.json").read_text())


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def replay(record: pathlib.Path, jobs: int, url: str) -> tuple[int, float]:
    """Requests and seconds of wrk."""
    command = ["wrk", "-t1", f"-c{jobs}", "-d600", "-s", str(HERE / "replay.lua"), url]
    done = subprocess.run(command, env={**os.environ, "RECORD": str(record)}, check=True, capture_output=True, text=True)
    count, seconds = done.stdout.split("\n")[-2].split()
    return int(count), float(seconds)


def show(name: str, values: list[float], unit: str) -> None:
    print(f"{name:28}{statistics.median(values):8.3f} {unit}   ({min(values):.3f} to {max(values):.3f})")


def main() -> None:
    args = arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        record = folder / "requests"
        serve = [args.gate, "demo", "serve", "--listen", "127.0.0.1:0"]
        serve += ["--synthetic", str(args.operations), "--delay", args.delay]
        demo = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
        proxy = subprocess.Popen([sys.executable, str(HERE / "record.py"), str(record)], stdout=subprocess.PIPE, text=True)
        try:
            url = first_line(demo, r"http://[0-9.:]+")
            gate = Gate(args, folder, url)
            gate.run("--proxy", f"http://127.0.0.1:{first_line(proxy, '[0-9]+')}")
            proxy.terminate()
            proxy.wait()
            walls, cpus, peaks, tools, demos, demos_of_tool = [], [], [], [], [], []
            sent = collections.Counter()
            for _ in range(args.rounds):
                began = cpu_of(demo.pid)
                wall, usage = gate.run()
                turned = cpu_of(demo.pid)
                walls.append(wall)
                cpus.append(usage.ru_utime + usage.ru_stime)
                peaks.append(usage.ru_maxrss / 1024)
                sent[gate.result()["requests_sent"]] += 1
                replayed, seconds = replay(record, args.jobs, url)
                tools.append(seconds)
                demos.append(turned - began)
                demos_of_tool.append(cpu_of(demo.pid) - turned)
        finally:
            demo.terminate()
            proxy.terminate()
        report(args, gate.result(), sent, replayed)
        show("gate, wall", walls, "s")
        show("gate, CPU", cpus, "s")
        show("demo meanwhile, CPU", demos, "s")
        show("gate, peak memory", peaks, "MiB")
        show("wrk, wall", tools, "s")
        show("demo meanwhile, CPU", demos_of_tool, "s")
        show("gate / wrk, wall", [wall / tool for wall, tool in zip(walls, tools)], "x")


def report(args: argparse.Namespace, result: dict, sent: collections.Counter, replayed: int) -> None:
    counts = result["counts"]
    operations = result["coverage"]["operations"]
    print(f"{operations} operations, {len(result['identities'])} identities, {args.jobs} at once, delay {args.delay}, grace {args.grace}")
    print(f"{counts['pass']} cases passed, {counts['fail']} failed, {counts['inconclusive']} undecided")
    print(f"requests of the gate: {', '.join(map(str, sent))}; replayed by wrk: {replayed}")


main()
