#!/usr/bin/env bash
# Starts each limiter in each set-up, points the gate at it, and compares what it says with expected.txt; the table goes to
# $LIMITERS_HOME/table.md. See README.md.
set -euo pipefail
cd "$(dirname "$0")"
home=${LIMITERS_HOME:-${TMPDIR:-/tmp}/limiters}
gate=${LAUNCHGATE:-../../target/debug/launchgate}
mkdir -p "$home"
behind=18790

# LIMITER MODE LIMIT KEY COUNTS
setups="express sound 5 ip failures
express trust-proxy 5 ip failures
express two-processes 5 ip failures
flask-limiter sound 5 ip failures
flask-limiter proxy-fix 5 ip failures
flask-limiter two-workers 5 ip failures
slowapi sound 8 ip all
slowapi get-ipaddr 8 ip all
django-axes sound 5 account failures
django-axes address-header 5 account,ip failures
django-axes silent 5 account failures
django-axes silent-address-header 5 account,ip failures
nginx sound 5 ip all
nginx exact-location 5 ip all
nginx real-ip-from-anybody 5 ip all"

install_all() {
  [ -x "$home/py/bin/python" ] || python3 -m venv "$home/py"
  "$home/py/bin/pip" install --quiet --disable-pip-version-check -r python/requirements.txt
  mkdir -p "$home/node"
  cp node/package.json node/server.mjs "$home/node/"
  (cd "$home/node" && npm install --silent --no-audit --no-fund --no-package-lock)
  (cd "$home" && apt-get download nginx >/dev/null && dpkg -x nginx_*.deb nginx)
}

serve() { # LIMITER MODE PORT
  export LIMITER_MODE=$2 LIMITER_HOME=$home PYTHONPATH=python
  case "$1 $2" in
    "express "*) exec node "$home/node/server.mjs" "$2" "$3" ;;
    "flask-limiter two-workers") exec "$home/py/bin/gunicorn" --log-level error -w 2 -b "127.0.0.1:$3" flask_app:app ;;
    "flask-limiter "*) exec "$home/py/bin/gunicorn" --log-level error -w 1 -b "127.0.0.1:$3" flask_app:app ;;
    "slowapi "*) exec "$home/py/bin/uvicorn" --log-level error --no-proxy-headers --port "$3" slowapi_app:app ;;
    "django-axes "*) rm -f "$home/axes.sqlite3"; exec "$home/py/bin/gunicorn" --log-level error -w 1 -b "127.0.0.1:$3" axes_app:app ;;
    "nginx "*)
      local extra="" location="~* ^\/login\/?\$"
      [ "$2" = real-ip-from-anybody ] && extra="set_real_ip_from 0.0.0.0\/0; real_ip_header X-Forwarded-For;"
      [ "$2" = exact-location ] && location="= \/login"
      sed -e "s/@PORT@/$3/; s/@BEHIND@/$behind/; s#@HOME@#$home#; s/@EXTRA@/$extra/; s/@LOCATION@/$location/" nginx/nginx.conf.in >"$home/nginx.conf"
      node "$home/node/server.mjs" bare "$behind" &
      echo $! >"$home/behind.pid"
      exec "$home/nginx/usr/sbin/nginx" -c "$home/nginx.conf" -p "$home" ;;
  esac
}

listens() { # PORT
  for _ in $(seq 200); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && break
    sleep 0.1
  done
  sleep 0.5
}

plan() { # PORT LIMIT KEY COUNTS
  sed -e "s/@PORT@/$1/; s/@LIMIT@/$2/; s/@KEY@/$3/; s/@COUNTS@/$4/" plan.yml.in
}

try() { # LIMITER MODE LIMIT KEY COUNTS
  local port=18780 pid code=0
  serve "$1" "$2" "$port" >"$home/server.log" 2>&1 &
  pid=$!
  listens "$port"
  [ "$1" = nginx ] && listens "$behind"
  plan "$port" "$3" "$4" "$5" >"$home/launchgate.yml"
  "$gate" run --plan "$home/launchgate.yml" --only rate-limit --report "json=$home/result.json" >"$home/console.txt" 2>&1 || code=$?
  kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
  [ -f "$home/behind.pid" ] && kill "$(cat "$home/behind.pid")" && rm "$home/behind.pid"
  python3 summary.py "$1 $2" "$code" "$home/result.json"
}

if [ "${1:-}" = install ]; then
  install_all
  exit
fi
while read -r limiter mode limit key counts; do
  [ -n "${1:-}" ] && [ "$limiter" != "$1" ] && continue
  [ -n "${2:-}" ] && [ "$mode" != "$2" ] && continue
  try "$limiter" "$mode" "$limit" "$key" "$counts" </dev/null
done <<<"$setups" | tee "$home/seen.txt"
if [ -z "${1:-}" ]; then
  python3 table.py <"$home/seen.txt" >"$home/table.md"
  diff <(sed 's/ *#.*//' expected.txt) <(sed 's/ *#.*//' "$home/seen.txt") && echo "as expected"
fi
