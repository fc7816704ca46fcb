#!/usr/bin/env bash
# What a new user does, in an empty folder, with nothing but the README and the pages that it names: the demo, a plan of his own
# API, a first run, its reports, a baseline, and a build that turns red.
#
# `launchgate` is on the PATH. His API is the demo API, served in a process of its own. Each step says what is expected of it; the
# first that is not as expected ends the walk. tests/tests/new_user.rs runs it, and shows how long each step took.
set -euo pipefail

step='start' began=0 server=''

finish() {
    local status=$?
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ "$status" = 0 ] || echo "FAILED at: $step" >&2
}
trap finish EXIT

now() { date +%s%3N; }

# Runs a command and looks at its exit code and at a text in what it prints.
expect() { # code, text, command…
    local wanted=$1 text=$2 code=0
    shift 2
    step="$*" began=$(now)
    "$@" >said.txt 2>&1 || code=$?
    printf '%6d ms  exit %d  %s\n' "$(($(now) - began))" "$code" "$step"
    [ "$code" = "$wanted" ] || { cat said.txt >&2; echo "exit $code instead of $wanted" >&2; exit 1; }
    grep -qF -- "$text" said.txt || { cat said.txt >&2; echo "it does not say: $text" >&2; exit 1; }
}

# Serves the API on a free port and sets its address.
serve() { # flags…
    [ -z "$server" ] || { kill "$server"; wait "$server" 2>/dev/null || true; }
    : >api.log
    launchgate demo serve --listen 127.0.0.1:0 "$@" >api.log 2>&1 &
    server=$!
    until grep -q 'listens on' api.log; do
        kill -0 "$server" 2>/dev/null || { cat api.log >&2; exit 1; }
        sleep 0.02
    done
    LAUNCHGATE_URL=$(sed -n 's|.*listens on \(http://[0-9.:]*\).*|\1|p' api.log)
    export LAUNCHGATE_URL
}

# README: Try it.
expect 0 'PROVEN' launchgate demo --only access
expect 1 "mallory can read alice's project: GET /projects/{projectId}" launchgate demo --hole idor-project-read --only access

# README: Point it at your API.
serve
export LAUNCHGATE_PASSWORD_A=demo-alice-not-a-secret LAUNCHGATE_PASSWORD_B=demo-mallory-not-a-secret
expect 0 'wrote launchgate.yml' launchgate init --url "$LAUNCHGATE_URL" --user-a alice@acme.test --user-b mallory@globex.test
expect 0 '' launchgate check
expect 0 'requests' launchgate list
expect 0 ' 0 failed, 0 inconclusive' launchgate run --report junit=junit.xml --report json=result.json --run-history runs.jsonl
grep -q '<testsuites' junit.xml

# Reports, later, from the result.
expect 0 'PROVEN' launchgate report result.json --report html=report.html --report summary=summary.md --report sarif=launchgate.sarif
grep -q 'Last full scan: this run.' report.html
grep -q '## .* launchgate: PROVEN' summary.md

# The baseline: what is known of the API goes into the repository.
expect 0 'launchgate.baseline.yml' launchgate baseline accept result.json
expect 0 '0 new, 0 known, 0 fixed' launchgate run --only access --run-history runs.jsonl

# A colleague forgets a guard: the build is red and says who gained access, and so does the comparison with the night.
serve --hole idor-invoice-delete
expect 1 'other-tenant may now DELETE /invoices/{invoiceId}' launchgate run --only access --report json=red.json --run-history runs.jsonl
expect 1 'other-tenant may now DELETE /invoices/{invoiceId}' launchgate compare result.json red.json
expect 1 'other-tenant may now DELETE /invoices/{invoiceId}' launchgate compare runs.jsonl red.json

# Mended: green again.
serve
expect 0 'PROVEN' launchgate run --only access
# A server that is down is not green, and not a regression either.
kill "$server"; wait "$server" 2>/dev/null || true; server=''
expect 4 'UNDECIDED' launchgate run --only access
rm said.txt
