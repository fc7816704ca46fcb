#!/usr/bin/env bash
# Installs Kinto, starts it on a free loopback port with in-memory storage, and creates three users.
#
#   setup.sh [DIR] [--misconfigure NAME] [--port PORT]   install, start, create users, write DIR/launchgate.env
#   setup.sh stop [DIR]                                  stop the server
#   setup.sh status [DIR]                                say whether it answers
#
# NAME: readable-by-all | readable-by-anyone | writable-by-all | any-password (see README.md).
# Running it again changes nothing while the server answers; another --misconfigure restarts it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
action=start dir='' hole='' port=0
while [ $# -gt 0 ]; do
  case $1 in
    start | stop | status) action=$1 ;;
    --misconfigure) hole=${2:?--misconfigure needs a name}; shift ;;
    --port) port=${2:?--port needs a number}; shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "setup.sh: unknown option $1" >&2; exit 2 ;;
    *) dir=$1 ;;
  esac
  shift
done
dir=${dir:-${TMPDIR:-/tmp}/launchgate-kinto/.product}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
env_file=$dir/launchgate.env pid_file=$dir/server.pid

say() { printf 'kinto: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The server's process, if it is one that this folder started.
server_pid() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$dir/kinto.ini" || return 1
  echo "$pid"
}

stop() {
  local pid
  if pid=$(server_pid); then
    kill "$pid"
    for _ in $(seq 50); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    ! kill -0 "$pid" 2>/dev/null || kill -9 "$pid" 2>/dev/null || true
    say "stopped"
  fi
  rm -f "$pid_file"
}

install() {
  local stamp
  stamp=$(cksum <"$here/requirements.txt")
  [ "$(cat "$dir/venv/.stamp" 2>/dev/null)" != "$stamp" ] || return 0
  say "installing into $dir/venv"
  python3 -m venv "$dir/venv"
  timeout 600 "$dir/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  echo "$stamp" >"$dir/venv/.stamp"
}

settings() {
  cat <<INI
[app:main]
use = egg:kinto
kinto.storage_backend = kinto.core.storage.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.memory
kinto.includes = kinto.plugins.accounts
kinto.userid_hmac_secret = $(secret)
kinto.version_json_path = $dir/version.json
kinto.account_create_principals = system.Everyone
kinto.account_read_principals = account:auditor
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
INI
  # The holes replace values of the sound configuration; README.md says what each of them is.
  local policies=account readers=account:auditor writers='' kind
  case $hole in
    '') ;;
    readable-by-all) readers=system.Authenticated ;;
    readable-by-anyone) readers=system.Everyone ;;
    writable-by-all) writers=system.Authenticated ;;
    any-password) policies='account basicauth' ;;
    *) die "no such misconfiguration: $hole" ;;
  esac
  echo "multiauth.policies = $policies"
  for kind in bucket collection group record; do
    echo "kinto.${kind}_read_principals = $readers"
    [ -z "$writers" ] || echo "kinto.${kind}_write_principals = $writers"
  done
  cat <<INI
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = $port
threads = 8
INI
}

secret() { od -An -tx1 -N16 /dev/urandom | tr -d ' \n'; }

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

status_of() { curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "$@" || true; }

answers() { [ "$(status_of "$1/__heartbeat__")" = 200 ]; }

sign_up() { # name, password
  local status
  status=$(printf '{"data":{"password":"%s"}}' "$2" | status_of --request PUT --header 'Content-Type: application/json' \
    --data-binary @- "$url/accounts/$1")
  [ "$status" = 201 ] || die "creating $1 was answered with $status"
}

start() {
  local running=''
  if server_pid >/dev/null && [ -f "$env_file" ]; then
    # shellcheck disable=SC1090
    running=$(. "$env_file" && echo "$LAUNCHGATE_KINTO_URL $LAUNCHGATE_KINTO_HOLE")
    if [ "${running#* }" = "$hole" ] && answers "${running%% *}"; then
      say "already running at ${running%% *}"
      return 0
    fi
  fi
  install
  stop
  [ "$port" != 0 ] || port=$(free_port)
  url=http://127.0.0.1:$port/v1
  umask 077
  echo '{"name":"kinto","version":"26.5.0","source":"","commit":""}' >"$dir/version.json"
  settings >"$dir/kinto.ini"
  (cd "$dir" && exec nohup "$dir/venv/bin/kinto" start --ini "$dir/kinto.ini" --port "$port" >"$dir/server.log" 2>&1 </dev/null) &
  echo $! >"$pid_file"
  for _ in $(seq 600); do
    answers "$url" && break
    kill -0 "$(cat "$pid_file")" 2>/dev/null || { tail -n 20 "$dir/server.log" >&2; die "did not start"; }
    sleep 0.5
  done
  answers "$url" || die "did not answer within 300 s, see $dir/server.log"
  local auditor alice mallory
  auditor=$(secret) alice=$(secret) mallory=$(secret)
  sign_up auditor "$auditor"
  sign_up alice "$alice"
  sign_up mallory "$mallory"
  cat >"$env_file" <<ENV
LAUNCHGATE_KINTO_URL=$url
LAUNCHGATE_KINTO_HOLE=$hole
LAUNCHGATE_KINTO_AUDITOR_PASSWORD=$auditor
LAUNCHGATE_KINTO_ALICE_PASSWORD=$alice
LAUNCHGATE_KINTO_MALLORY_PASSWORD=$mallory
ENV
  say "running at $url${hole:+ with the hole $hole}; credentials are in $env_file"
}

case $action in
  start) start ;;
  stop) stop ;;
  status)
    server_pid >/dev/null || die "stopped"
    say "running"
    ;;
esac
