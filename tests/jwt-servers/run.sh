#!/usr/bin/env bash
# Starts each server in each mode, sends it the corpus, and compares the holes with expected.txt; or runs the whole gate against it and
# compares which checks are red with gate.txt. See README.md.
set -euo pipefail
cd "$(dirname "$0")"
home=${JWT_SERVERS_HOME:-${TMPDIR:-/tmp}/jwt-servers}
mkdir -p "$home"

common="sound-hs256 sound-rs256 sound-es256 sound-eddsa not-verified none-allowed exp-not-checked aud-not-checked iss-not-checked
        jwk-header kid-file weak-secret refresh-accepted"
python_modes="$common jku-header kid-sql old-pkcs1"
node_modes="$common jose-hs256 jose-rs256 jku-header key-confusion"
rust_modes="$common key-confusion"

install_python() { # NAME REQUIREMENTS
  [ -x "$home/$1/bin/python" ] || python3 -m venv "$home/$1"
  "$home/$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
}
install_kind() { # KIND
  case "$1" in
    python)
      install_python python python/requirements.txt
      install_python python-old python/requirements-old.txt ;;
    node)
      mkdir -p "$home/node"
      cp node/package.json "$home/node/"
      (cd "$home/node" && npm install --silent --no-audit --no-fund --no-package-lock 2>"$home/npm.log") ;;
    rust) (cd ../.. && cargo build --quiet -p token-forge --examples) ;;
  esac
}
install_all() {
  for kind in python node rust; do install_kind "$kind"; done
}

examples() {
  (cd ../.. && cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
}

serve() { # KIND MODE KEY-FILE
  case "$1" in
    python)
      local python=$home/python
      [ "$2" = old-pkcs1 ] && python=$home/python-old
      exec "$python/bin/python" -W ignore python/server.py "$2" --key-out "$3" ;;
    node) NODE_PATH=$home/node/node_modules exec node node/server.mjs "$2" --key-out "$3" ;;
    rust) exec "$programs/jwt-server" "$2" --key-out "$3" ;;
  esac
}

corpus() { # ADDRESS KEY-FILE
  "$programs/try-corpus" "$1" "$2" || echo "FAILED"
}

# What the whole gate says but about limits, which these servers have none of: its exit code, the checks that are red, and how many cases were left undecided.
gate() { # ADDRESS KEY-FILE
  local code=0
  LAUNCHGATE_URL=$1 LAUNCHGATE_SIGNING_KEY=$(cat "$2") "$launchgate" run --plan gate.yml --skip latency,rate-limit --no-progress \
    --report "json=$home/result.json" >"$home/gate.log" 2>&1 || code=$?
  python3 - "$home/result.json" "$code" <<'PYTHON'
import json, sys

with open(sys.argv[1]) as file:
    result = json.load(file)
of = lambda kind: [case for case in result["cases"] if case["outcome"]["is"] == kind]
# Notes do not fail a run: what is severe stands first.
red = {}
for case in of("fail"):
    severe = any(finding["severity"] != "note" for finding in case["outcome"]["findings"])
    red[case["check"]] = red.get(case["check"], False) or severe
print(f"exit {sys.argv[2]}, {len(of('inconclusive'))} undecided")
for check, severe in sorted(red.items()):
    print(("RED   " if severe else "NOTE  ") + check)
PYTHON
}

try() { # KIND MODE
  local key=$home/signing-key out=$home/address pid address=
  : >"$out"
  serve "$1" "$2" "$key" >"$out" &
  pid=$!
  for _ in $(seq 200); do
    address=$(head -n 1 "$out")
    [ -n "$address" ] && break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "== $1 $2"
  "$how" "$address" "$key"
  kill "$pid" && wait "$pid" 2>/dev/null || true
  rm -f "$key"
}

if [ "${1:-}" = install ]; then
  install_all
  exit
fi
if [ "${1:-}" = table ]; then
  exec python3 table.py "$home/all.txt"
fi
how=corpus table=expected.txt keep='^(==|HOLE|FAILED)'
if [ "${1:-}" = gate ]; then
  how=gate table=gate.txt keep='^(==|exit|RED|NOTE)'
  shift
fi
kinds=${1:-python node rust}
# The table is made of a whole run of the corpus.
all=part.txt
[ "$how" = corpus ] && [ $# -eq 0 ] && all=all.txt
for kind in $kinds; do install_kind "$kind"; done
install_kind rust
target=$(examples)
programs=$target/debug/examples
if [ "$how" = gate ]; then
  # GATE_BINARY names a program that is built already.
  launchgate=${GATE_BINARY:-$target/debug/launchgate}
  [ -n "${GATE_BINARY:-}" ] || (cd ../.. && cargo build --quiet -p launchgate)
fi
if [ $# -eq 2 ]; then
  try "$1" "$2"
  exit
fi
for kind in $kinds; do
  modes=${kind}_modes
  for mode in ${!modes}; do
    try "$kind" "$mode"
  done
done | tee "$home/$all" | grep -E "$keep" >"$home/found.txt"
# The part of the table that is about these servers.
for kind in $kinds; do
  awk -v kind="$kind" '/^== /{ here = ($2 == kind) } here' "$table"
done >"$home/wanted.txt"
if [ -n "${UPDATE:-}" ]; then
  [ $# -eq 0 ] || { echo "UPDATE=1 needs every server" >&2; exit 2; }
  cp "$home/found.txt" "$table"
  cp "$home/found.txt" "$home/wanted.txt"
fi
diff -u "$home/wanted.txt" "$home/found.txt"
echo "$(grep -c '^==' "$home/found.txt") servers passed, 0 failed"
