#!/usr/bin/env python3
"""Makes a repository with a history of realistic edits of real source files, the same for the same arguments.

    history.py TREE REPOSITORY COMMITS [--seed N] [--range N]

TREE is what `tree.py` made. Its files come in over the first third of the history; from then on commits change, add, move and remove
lines and files, some on branches that are merged, as people do: many small changes in few busy files. Every 400th commit or so brings a
token that no provider issued (its checksum holds), and most of those are taken out again later. `planted.json` beside the repository says
which, where and by which commit's number.

With `--range N` all files come in with the first commit, and the last N commits are on a branch `topic` whose base is `main`.

The stream goes to `git fast-import`, which packs objects as they come: that is the history "as imported". `git gc` makes the packed one.
"""

import argparse
import json
import pathlib
import random
import subprocess
import zlib

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
EPOCH = 1_500_000_000


def token(rng):
    """A personal access token in the shape of GitHub's, with the checksum that the shape asks for."""
    body = "".join(rng.choice(DIGITS) for _ in range(30))
    sum_, tail = zlib.crc32(body.encode()), ""
    for _ in range(6):
        tail = DIGITS[sum_ % 62] + tail
        sum_ //= 62
    return "gh" + "p_" + body + tail


class Tree:
    """The files of the newest commit, as lines."""

    def __init__(self, rng):
        self.rng = rng
        self.files = {}
        self.names = []
        self.weights = []

    def add(self, path, lines):
        if path not in self.files:
            # Few files are busy, and long ones are touched more often.
            heat = self.rng.paretovariate(1.1) * max(1, len(lines)) ** 0.72
            self.names.append(path)
            self.weights.append((self.weights[-1] if self.weights else 0) + min(heat, 20000))
        self.files[path] = lines

    def pick(self):
        while True:
            path = self.rng.choices(self.names, cum_weights=self.weights)[0]
            if path in self.files:
                return path


class Import:
    """Writes commits to `git fast-import`."""

    def __init__(self, repository):
        subprocess.run(["git", "init", "-q", "-b", "main", repository], check=True)
        for key, value in [("core.logAllRefUpdates", "false"), ("gc.auto", "0")]:
            subprocess.run(["git", "-C", repository, "config", key, value], check=True)
        self.process = subprocess.Popen(
            ["git", "-C", repository, "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet"], stdin=subprocess.PIPE
        )
        self.out = self.process.stdin
        self.number = 0

    def commit(self, branch, parent, changes, other=None):
        """Changes are (path, lines) or (path, None); says the mark of the commit."""
        self.number += 1
        who = f"Dev {self.number % 17} <dev{self.number % 17}@example.org> {EPOCH + self.number * 600} +0000"
        message = f"change {self.number}\n".encode()
        self.out.write(f"commit refs/heads/{branch}\nmark :{self.number}\ncommitter {who}\ndata {len(message)}\n".encode())
        self.out.write(message)
        if parent:
            self.out.write(f"from :{parent}\n".encode())
        if other:
            self.out.write(f"merge :{other}\n".encode())
        for path, lines in changes:
            if lines is None:
                self.out.write(f"D {path}\n".encode())
            else:
                data = b"".join(lines)
                self.out.write(f"M 100644 inline {path}\ndata {len(data)}\n".encode())
                self.out.write(data)
                self.out.write(b"\n")
        self.out.write(b"\n")
        return self.number

    def finish(self, branches):
        for branch, mark in branches:
            self.out.write(f"reset refs/heads/{branch}\nfrom :{mark}\n\n".encode())
        self.out.close()
        if self.process.wait() != 0:
            raise SystemExit("git fast-import failed")


class History:
    """What the next commit does."""

    def __init__(self, source, seed):
        self.rng = random.Random(seed)
        self.tree = Tree(self.rng)
        self.pool = [
            (str(path.relative_to(source)), path.read_bytes().splitlines(keepends=True))
            for path in sorted(source.rglob("*"))
            if path.is_file()
        ]
        self.rng.shuffle(self.pool)
        self.planted = []
        self.open = []

    def edit(self, lines):
        """A few changed places, most of them close together."""
        rng, lines = self.rng, list(lines)
        near = rng.randrange(len(lines) + 1)
        for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 5])):
            at = min(len(lines), max(0, near + rng.randint(-40, 40))) if rng.random() < 0.7 else rng.randrange(len(lines) + 1)
            kind = rng.random()
            if kind < 0.45 and at < len(lines):
                words = lines[at].split(b" ")
                word = rng.randrange(len(words))
                words[word] = words[word].rstrip(b"\n") + b"_%d" % rng.randrange(100) + (b"\n" if words[word].endswith(b"\n") else b"")
                lines[at] = b" ".join(words)
            elif kind < 0.8:
                other = self.pool[rng.randrange(len(self.pool))][1]
                start = rng.randrange(len(other) + 1)
                lines[at:at] = [line[:400] for line in other[start : start + rng.choice([1, 1, 2, 3, 5, 12])]]
            else:
                del lines[at : at + rng.choice([1, 1, 2, 3, 8])]
        return lines

    def next(self, number):
        """The changes of one commit, and their effect on the tree."""
        rng, tree, changes = self.rng, self.tree, {}
        if self.pool_left():
            for _ in range(self.step):
                if self.pool_left():
                    path, lines = self.pool[self.taken]
                    self.taken += 1
                    changes[path] = lines
        for _ in range(rng.choice([1, 1, 2, 2, 3, 3, 5, 9])):
            path = tree.pick() if tree.names else None
            if path and path not in changes:
                changes[path] = self.edit(tree.files[path])
        if number % 160 == 7 and tree.names:
            path = tree.pick()
            head, _, name = path.rpartition("/")
            if path not in changes:
                changes[f"{head}/moved_{number}_{name[-40:]}"] = tree.files[path]
                changes[path] = None
        if number % 400 == 100:
            path, secret = tree.pick(), token(rng)
            lines = list(changes.get(path) or tree.files[path])
            lines.insert(rng.randrange(len(lines) + 1), b'let fetched = connect("' + secret.encode() + b'");\n')
            changes[path] = lines
            self.planted.append({"secret": secret, "path": path, "commit": number})
            self.open.append((number + rng.randrange(5, 300), path, secret.encode()))
        for entry in [entry for entry in self.open if entry[0] <= number]:
            self.open.remove(entry)
            _, path, secret = entry
            if rng.random() < 0.8 and path in tree.files and changes.get(path, ()) is not None:
                lines = changes.get(path) or tree.files[path]
                changes[path] = [line for line in lines if secret not in line]
        for path, lines in changes.items():
            if lines is None:
                tree.files.pop(path, None)
            else:
                tree.add(path, lines)
        return sorted(changes.items())

    def pool_left(self):
        return self.taken < len(self.pool)

    taken = 0
    step = 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=pathlib.Path)
    parser.add_argument("repository")
    parser.add_argument("commits", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--range", type=int, default=0)
    args = parser.parse_args()
    history, out = History(args.tree, args.seed), Import(args.repository)
    history.step = len(history.pool) if args.range else max(1, 3 * len(history.pool) // args.commits)
    tip = side = None
    left = 0
    base = args.commits - args.range
    branches = []
    for number in range(1, args.commits + 1):
        branch = "topic" if args.range and number > base else "main"
        if left == 0 and side:
            # The side branch comes home: its changes are in the tree already, the merge says so.
            changes = sorted((path, history.tree.files.get(path)) for path in touched)
            tip, side = out.commit(branch, tip, changes + history.next(number), other=side), None
        elif side:
            changes = history.next(number)
            touched |= {path for path, _ in changes}
            side, left = out.commit("side", side, changes), left - 1
        elif number % 23 == 11 and number + 8 < base and not args.range:
            left, touched = history.rng.choice([1, 2, 3]), set()
            changes = history.next(number)
            touched |= {path for path, _ in changes}
            side = out.commit("side", tip, changes)
        else:
            tip = out.commit(branch, tip, history.next(number))
        if number == base:
            branches.append(("main", tip))
    if args.range:
        branches.append(("topic", tip))
    elif not branches or branches[-1][1] != tip:
        branches = [("main", tip)]
    out.finish(branches)
    subprocess.run(["git", "-C", args.repository, "branch", "-q", "-D", "side"], stderr=subprocess.DEVNULL, check=False)
    planted = pathlib.Path(args.repository).with_suffix(".planted.json")
    planted.write_text(json.dumps(history.planted, indent=1))
    print(f"{out.number} commits in {args.repository}, {len(history.planted)} tokens planted")


if __name__ == "__main__":
    main()
