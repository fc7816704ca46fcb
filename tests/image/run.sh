#!/usr/bin/env bash
# Builds the image of a program that is built already, and looks at it: the program alone, nobody's, and it does its main job in there.
#
#     tests/image/run.sh PROGRAM
#
# PROGRAM is a static launchgate for Linux, as ci/package.sh builds it. Needs buildah (Debian's will do), no registry and no daemon.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

program="${1:?usage: tests/image/run.sh PROGRAM}"
work="$(mktemp -d)"
trap 'buildah --storage-driver vfs --root "$work/root" --runroot "$work/run" rm --all >/dev/null 2>&1 || true; rm -rf -- "$work"' EXIT
image() { buildah --storage-driver vfs --root "$work/root" --runroot "$work/run" "$@"; }
fail() {
    printf 'FAILED: %s\n' "$1" >&2
    exit 1
}

install -D -m 0755 "$program" "$work/build/out/launchgate"
image bud --quiet --isolation chroot --target gate --build-context "build=$work/build" --tag localhost/launchgate:test . >/dev/null
image from --name gate localhost/launchgate:test >/dev/null

config="$(image inspect gate | python3 -c '
import json, sys
config = json.load(sys.stdin)["OCIv1"]["config"]
print(config["User"], config["Entrypoint"], config["Cmd"], config["WorkingDir"])')"
[[ "$config" == "65532:65532 ['/launchgate'] ['run'] /workspace" ]] || fail "the image is made for: $config"

# What the builder itself puts into every container is not of the image.
files="$(cd -- "$(image mount gate)" && find . -type f ! -path './etc/host*' ! -path ./etc/resolv.conf)"
[[ "$files" == ./launchgate ]] || fail "there is more in the image than the program: $files"

image run --isolation chroot gate -- /launchgate demo --only access >"$work/sound" 2>&1 || fail "the sound demo: $(tail -n 20 "$work/sound")"
code=0
image run --isolation chroot gate -- /launchgate demo --hole idor-project-read --only access >"$work/hole" 2>&1 || code=$?
((code == 1)) || fail "a hole gave the exit code $code"
grep -q 'GET /projects/{projectId}' "$work/hole" || fail 'the hole is not named'
echo "the image is sound: $(stat -c %s "$program") bytes, user 65532, no other file"
