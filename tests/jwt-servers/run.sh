#!/usr/bin/env bash
# Starts each server in each mode, sends it the corpus, and compares the holes with expected.txt. See README.md.
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
install_all() {
  install_python python python/requirements.txt
  install_python python-old python/requirements-old.txt
  mkdir -p "$home/node"
  cp node/package.json "$home/node/"
  (cd "$home/node" && npm install --silent --no-audit --no-fund --no-package-lock 2>"$home/npm.log")
  (cd ../.. && cargo build --quiet -p token-forge --examples)
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
  "$programs/try-corpus" "$address" "$key" || echo "FAILED"
  kill "$pid" && wait "$pid" 2>/dev/null || true
  rm -f "$key"
}

if [ "${1:-}" = install ]; then
  install_all
  exit
fi
install_all
programs=$(examples)/debug/examples
if [ $# -eq 2 ]; then
  try "$1" "$2"
  exit
fi
for kind in python node rust; do
  modes=${kind}_modes
  for mode in ${!modes}; do
    try "$kind" "$mode"
  done
done | tee "$home/all.txt" | grep -E '^(==|HOLE|FAILED)' >"$home/found.txt"
if [ -n "${UPDATE:-}" ]; then
  cp "$home/found.txt" expected.txt
fi
diff -u expected.txt "$home/found.txt"
echo "$(grep -c '^==' expected.txt) servers passed, 0 failed"
