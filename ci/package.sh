#!/usr/bin/env bash
# Builds the program for one target and packs it as a release archive, as ci/action.sh takes it.
#
#     ci/package.sh TARGET OUT_DIR
#
# Writes OUT_DIR/launchgate-vX.Y.Z-TARGET.tar.gz with the program and the licences, and OUT_DIR/NAME.sha256 with its line for
# ci/checksums.txt. The archive depends on nothing but the program: names are sorted, times and owners are fixed.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

if (($# != 2)); then
    echo 'usage: ci/package.sh TARGET OUT_DIR' >&2
    exit 2
fi
readonly TARGET="$1" OUT="$2"

version="$(sed -n 's/^version = "\([0-9.]*\)"$/\1/p' Cargo.toml | head -n 1)"
exe=''
case "$TARGET" in *-windows-*) exe='.exe' ;; esac

cargo build --profile dist --locked --target "$TARGET" -p launchgate

work="$(mktemp -d)"
trap 'rm -rf -- "$work"' EXIT
install -m 0755 "${CARGO_TARGET_DIR:-target}/$TARGET/dist/launchgate$exe" "$work/launchgate$exe"
install -m 0644 LICENSE-APACHE LICENSE-MIT README.md "$work/"

mkdir -p -- "$OUT"
name="launchgate-v$version-$TARGET.tar.gz"
# Python's own, because the tar of macOS knows none of these options.
python3 - "$work" "$OUT/$name" <<'PYTHON'
import gzip, os, sys, tarfile
folder, archive = sys.argv[1:]
def plain(entry):
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.name.startswith("launchgate") else 0o644
    return entry
with open(archive, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in sorted(os.listdir(folder)):
            tar.add(os.path.join(folder, name), name, filter=plain)
PYTHON

digest="$(python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$OUT/$name")"
printf '%s  %s\n' "$digest" "$name" | tee "$OUT/$name.sha256"
