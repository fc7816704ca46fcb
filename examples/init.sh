#!/usr/bin/env bash
# How much of an API a plan of `launchgate init` decides, unedited: writes the plan in a folder of its own, runs it, counts.
#
#   init.sh URL USER_A USER_B [flags of init…]      the API runs; passwords in LAUNCHGATE_PASSWORD_A and LAUNCHGATE_PASSWORD_B
#
# LAUNCHGATE names the binary; without it, the one on the path or ../target/debug/launchgate.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 3 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
gate=${LAUNCHGATE:-$(command -v launchgate || echo "$here/../target/debug/launchgate")}
unset LAUNCHGATE
url=$1 a=$2 b=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
code=0
"$gate" init --url "$url" --user-a "$a" --user-b "$b" "$@" || code=$?
echo "init: exit code $code"
[ -f launchgate.yml ] || exit 1
code=0
timeout 600 "$gate" run --no-progress --report json=result.json >output.txt 2>&1 || code=$?
[ -f result.json ] || { cat output.txt; exit 1; }
python3 - "$code" <<'PY'
import json, sys
result = json.load(open("result.json"))
counts = result["counts"]
decided, asked = counts["pass"] + counts["fail"], sum(counts.values()) - counts["skipped"]
print(f"run: exit code {sys.argv[1]}, {decided} of {asked} cases decided ({100 * decided // max(asked, 1)} %), {counts['inconclusive']} undecided, "
      f"{counts['not_testable']} not testable, {counts['skipped']} left out, {result['requests_sent']} requests")
PY
