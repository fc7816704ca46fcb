#!/usr/bin/env bash
# Holds an example to what its README says: starts the product, runs the gate against the sound configuration, against each
# misconfiguration named in its expected.txt, and with set-ups that are broken; stops the product again. A few minutes.
#
#   verify.sh PRODUCT [DIR]        PRODUCT: kinto | directus; DIR: where the product is or will be installed
#
# LAUNCHGATE names the binary; without it, the one on the path or ../target/debug/launchgate.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
product=${1:-}
[ -n "$product" ] && [ -x "$here/$product/setup.sh" ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
dir=${2:-${TMPDIR:-/tmp}/launchgate-$product/.product}
gate=${LAUNCHGATE:-$(command -v launchgate || echo "$here/../target/debug/launchgate")}
# `LAUNCHGATE_…` are flags of the gate; this one is ours.
unset LAUNCHGATE
work=$(mktemp -d)
cp "$here/$product/launchgate.yml" "$work/"
plan=$work/launchgate.yml
bad=0

finish() {
  "$here/$product/setup.sh" stop "$dir" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

say() { printf '%s\n' "$*"; }
wrong() { say "  WRONG: $*"; bad=$((bad + 1)); }

setup() { # [hole]
  local log=$work/setup.log
  timeout 2400 "$here/$product/setup.sh" "$dir" ${1:+--misconfigure "$1"} >"$log" 2>&1 || { cat "$log"; say "the set-up failed"; exit 1; }
  set -a
  # shellcheck disable=SC1091
  . "$dir/launchgate.env"
  set +a
}

code=0
run() { # flags of the gate…
  code=0
  rm -f "$work/result.json"
  (cd "$work" && timeout 300 "$gate" run --plan "$plan" --no-progress --report "json=$work/result.json" "$@" >"$work/output.txt" 2>&1) || code=$?
}

result() { grep -E '^(PROVEN|REGRESSION|UNDECIDED|NOTHING)' "$work/output.txt" || head -n 3 "$work/output.txt"; }

cases() { # outcome
  python3 - "$work/result.json" "$1" <<'PY'
import json, sys
for case in json.load(open(sys.argv[1]))["cases"]:
    if case["outcome"]["is"] == sys.argv[2]:
        print(case["id"])
PY
}

sound() {
  setup
  run
  say "sound: exit code $code, $(result)"
  [ "$code" = 0 ] || { wrong "exit code $code instead of 0"; cat "$work/output.txt"; return 0; }
  python3 - "$work/result.json" <<'PY' || wrong "not as proven as it should be"
import json, sys
result = json.load(open(sys.argv[1]))
counts = result["counts"]
decided, asked = counts["pass"] + counts["fail"], sum(counts.values()) - counts["skipped"]
print(f"  {decided} of {asked} cases decided, {result['requests_sent']} requests in {result['duration_ms'] / 1000:.1f} s")
if result["leftovers"]:
    print("  left behind:", result["leftovers"])
# Whatever was not decided names the line that settles it.
mute = [c["id"] for c in result["cases"] if c["outcome"]["is"] == "not-testable" and not c["outcome"]["missing"].get("add")]
if mute:
    print("  without a line that settles it:", mute)
sys.exit(bool(mute or result["leftovers"] or decided < 0.9 * asked))
PY
}

# A canary that somebody else is shown by the way is red too, or not, as the requests happen to follow each other.
without_leaks() { { grep -v '^leak/foreign-canary ' || true; } | sort; }

holes() {
  local hole
  for hole in $(grep -v '^#' "$here/$product/expected.txt" | cut -d' ' -f1 | uniq); do
    setup "$hole"
    run --skip latency
    say "$hole: exit code $code, $(result)"
    [ "$code" = 1 ] || wrong "exit code $code instead of 1"
    diff <(grep "^$hole " "$here/$product/expected.txt" | cut -d' ' -f2- | sort) <(cases fail | without_leaks) >"$work/diff.txt" ||
      wrong "red cases: < is missing, > is too much: $(cat "$work/diff.txt")"
  done
}

never_green() { # what, flags of the gate…
  local what=$1
  shift
  run --skip latency "$@"
  say "$what: exit code $code"
  case $code in
    2 | 3 | 4) ;;
    *) wrong "exit code $code instead of 2, 3 or 4"; cat "$work/output.txt" ;;
  esac
}

# Mallory's line of the plan, replaced.
as_mallory() { sed "s|^  mallory:.*|  mallory: $1|" "$here/$product/launchgate.yml" >"$plan"; }

broken() {
  local upper=${product^^} line
  local alice=LAUNCHGATE_${upper}_ALICE_PASSWORD mallory=LAUNCHGATE_${upper}_MALLORY_PASSWORD url=LAUNCHGATE_${upper}_URL
  setup
  (export "$alice=not-the-password" && never_green "wrong password of alice"; exit "$bad") || bad=$?
  (export "$mallory=not-the-password" && never_green "wrong password of mallory"; exit "$bad") || bad=$?
  (export "$url=http://127.0.0.1:9/v1" && never_green "nothing listens"; exit "$bad") || bad=$?
  line=$(sed -n 's/^  alice: *//p' "$plan")
  as_mallory "$line"
  never_green "both logins are alice"
  as_mallory "{ role: $(sed -n 's/^  mallory: *{ role: *\([a-z]*\),.*/\1/p' "$here/$product/launchgate.yml"), token: nonsense }"
  never_green "mallory's token is none"
  case $product in
    kinto) as_mallory "{ role: user, basic: { username: alice, password: \"\${$alice}\" } }" ;;
    directus)
      as_mallory '{ role: member, token: "${LAUNCHGATE_MALLORY_TOKEN}" }'
      LAUNCHGATE_MALLORY_TOKEN=$(token_ending alice 600)
      export LAUNCHGATE_MALLORY_TOKEN
      ;;
  esac
  never_green "mallory is alice in other words"
  cp "$here/$product/launchgate.yml" "$plan"
  if [ "$product" = directus ]; then
    expired_tokens
  fi
}

# A token as Directus makes it, but for the time at which it ends: seconds from now.
token_ending() { # user, seconds
  python3 - "$1" "$2" "$(tr '\0' '\n' <"/proc/$(cat "$dir/server.pid")/environ" | sed -n 's/^SECRET=//p')" <<'PY'
import base64, hashlib, hmac, json, os, sys, time, urllib.request

def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

user, seconds, secret = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
password = os.environ[f"LAUNCHGATE_DIRECTUS_{user.upper()}_PASSWORD"]
login = json.dumps({"email": f"{user}@example.com", "password": password}).encode()
request = urllib.request.Request(os.environ["LAUNCHGATE_DIRECTUS_URL"] + "/auth/login", login, {"Content-Type": "application/json"})
token = json.load(urllib.request.urlopen(request, timeout=30))["data"]["access_token"]
head, body, _ = token.split(".")
claims = json.loads(base64.urlsafe_b64decode(body + "=="))
claims["exp"] = int(time.time()) + seconds
signed = head + "." + text(json.dumps(claims).encode())
print(signed + "." + text(hmac.new(secret, signed.encode(), hashlib.sha256).digest()))
PY
}

expired_tokens() {
  local whoami='whoami: { get: /users/me, equals: { $.data.email: mallory@example.com } }'
  as_mallory "{ role: member, token: \"\${LAUNCHGATE_MALLORY_TOKEN}\", $whoami }"
  LAUNCHGATE_MALLORY_TOKEN=$(token_ending mallory 600)
  export LAUNCHGATE_MALLORY_TOKEN
  run --skip latency
  say "mallory's own token, made here: exit code $code"
  [ "$code" = 0 ] || wrong "exit code $code instead of 0, so that the next two lines say nothing"
  LAUNCHGATE_MALLORY_TOKEN=$(token_ending mallory -5)
  never_green "mallory's token has expired"
  LAUNCHGATE_MALLORY_TOKEN=$(token_ending mallory 3)
  never_green "mallory's token ends after three seconds"
  unset LAUNCHGATE_MALLORY_TOKEN
  cp "$here/$product/launchgate.yml" "$plan"
}

sound
holes
broken
if [ "$bad" = 0 ]; then
  say "$product: as its README says"
else
  say "$product: $bad thing(s) are not as its README says"
  exit 1
fi
