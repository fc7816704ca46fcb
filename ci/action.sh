#!/usr/bin/env bash
# The step of the GitHub Action: installs the program, runs it, writes what GitHub shows, and passes the exit code on last.
#
# Reads ACTION_* (the inputs, see action.yml) and what every runner sets. Nothing that a pull request can write is ever part of a
# command: inputs are arguments, and there is no eval. tests/tests/action.rs runs this outside of GitHub.
set -euo pipefail

# A run that could not be made: not proven, and no regression either.
readonly UNDECIDED=4
readonly UNUSABLE=2
# GitHub drops a summary of more than 1 MiB as a whole.
readonly SUMMARY_BYTES=1000000
readonly ROOT="${GITHUB_ACTION_PATH:?GITHUB_ACTION_PATH is not set}"
readonly TEMP="${RUNNER_TEMP:-${TMPDIR:-/tmp}}"

output() {
    printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/null}"
}

# Ends a step that never came to a run: the outputs are there all the same.
fail() {
    local code="$1" message="$2"
    message="${message//'%'/%25}"
    message="${message//$'\r'/%0D}"
    printf '::error title=launchgate::%s\n' "${message//$'\n'/%0A}"
    output exit-code "$code"
    if ((code == UNUSABLE)); then output verdict unusable; else output verdict undecided; fi
    exit "$code"
}

one_line() {
    case "$2" in
    *$'\n'* | *$'\r'*) fail "$UNUSABLE" "the input $1 has more than one line" ;;
    esac
}

# --- where the program comes from ---------------------------------------------------------------------------------

target() {
    local system machine
    system="$(uname -s)" machine="$(uname -m)"
    case "$machine" in
    x86_64 | amd64) machine=x86_64 ;;
    arm64 | aarch64) machine=aarch64 ;;
    *) return 1 ;;
    esac
    case "$system" in
    Linux) echo "$machine-unknown-linux-musl" ;;
    Darwin) echo "$machine-apple-darwin" ;;
    MINGW* | MSYS* | CYGWIN*) echo "$machine-pc-windows-msvc" ;;
    *) return 1 ;;
    esac
}

sha256() {
    if command -v sha256sum >/dev/null; then
        sha256sum -- "$1" | cut -d ' ' -f 1
    else
        shasum -a 256 -- "$1" | cut -d ' ' -f 1
    fi
}

# Takes a release archive, which must be the one that this repository names.
from_release() {
    local archive="$1" wanted="$2" version="$3" folder="$4" url work found
    url="https://github.com/launchgate/launchgate/releases/download/v$version/$archive"
    work="$(mktemp -d "$TEMP/launchgate.XXXXXX")"
    if ! curl -fsSL --proto '=https' --tlsv1.2 --retry 5 --connect-timeout 10 --max-time 300 -o "$work/$archive" "$url"; then
        fail "$UNDECIDED" "the release $url could not be fetched"
    fi
    found="$(sha256 "$work/$archive")"
    if [[ "$found" != "$wanted" ]]; then
        fail "$UNDECIDED" "the release $url is not the one that this action knows: sha256 $found, expected $wanted"
    fi
    tar -xzf "$work/$archive" -C "$work"
    mkdir -p "$folder"
    mv -f "$work/launchgate$exe" "$folder/launchgate$exe"
    rm -rf -- "$work"
}

from_source() {
    command -v cargo >/dev/null || fail "$UNDECIDED" 'there is no cargo to build the program with; use a version that has a release, or install: none'
    CARGO_TARGET_DIR="$TEMP/launchgate-target" cargo build --release --locked --manifest-path "$ROOT/Cargo.toml" ||
        fail "$UNDECIDED" 'the program could not be built from source'
    program="$TEMP/launchgate-target/release/launchgate$exe"
}

# Sets `program`.
install() {
    if [[ -n "${ACTION_BIN:-}" ]]; then
        program="$ACTION_BIN"
        echo "launchgate: the program is $program"
        return
    fi
    if [[ "${ACTION_INSTALL:-auto}" == none ]]; then
        program="$(command -v launchgate)" || fail "$UNUSABLE" 'install is none, and launchgate is not on the PATH'
        echo "launchgate: the program is $program"
        return
    fi
    local version archive wanted folder triple
    version="${ACTION_VERSION:-}"
    if [[ -z "$version" ]]; then
        version="$(sed -n 's/^version = "\([0-9.]*\)"$/\1/p' "$ROOT/Cargo.toml" | head -n 1)"
    fi
    [[ "$version" =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "$UNUSABLE" "the version must be X.Y.Z, and is $version"
    triple="$(target)" || fail "$UNUSABLE" "there is no release for $(uname -s) on $(uname -m); use install: source"
    archive="launchgate-v$version-$triple.tar.gz"
    wanted="$(awk -v name="$archive" '$2 == name && $1 ~ /^[0-9a-f]+$/ && length($1) == 64 { print $1; exit }' "$ROOT/ci/checksums.txt")"
    case "${ACTION_INSTALL:-auto}" in
    auto) [[ -n "$wanted" || -z "${ACTION_VERSION:-}" ]] || fail "$UNUSABLE" "this action knows no checksum of $archive" ;;
    release) [[ -n "$wanted" ]] || fail "$UNUSABLE" "this action knows no checksum of $archive" ;;
    source) wanted='' ;;
    *) fail "$UNUSABLE" 'install must be auto, release, source or none' ;;
    esac
    if [[ -z "$wanted" ]]; then
        echo "launchgate: built from the source of this action"
        from_source
        return
    fi
    folder="${RUNNER_TOOL_CACHE:-$TEMP}/launchgate/$version-${wanted:0:16}/$triple"
    program="$folder/launchgate$exe"
    if [[ -x "$program" ]]; then
        echo "launchgate: release $version, from the tool cache"
    else
        echo "launchgate: release $version, sha256 $wanted"
        from_release "$archive" "$wanted" "$version" "$folder"
    fi
}

# --- what the log must not show -----------------------------------------------------------------------------------

# GitHub masks what comes from `secrets`; credentials that a step made up are masked here, line by line.
mask() {
    local name line
    while IFS= read -r name; do
        case "$name" in
        ACTION_* | GITHUB_* | RUNNER_*) continue ;;
        *PASSWORD* | *TOKEN* | *SECRET* | *_KEY | *CREDENTIAL*) ;;
        *) continue ;;
        esac
        while IFS= read -r line || [[ -n "$line" ]]; do
            line="${line%$'\r'}"
            if ((${#line} >= 8)); then
                printf '::add-mask::%s\n' "${line//'%'/%25}"
            fi
        done <<<"${!name}"
    done < <(compgen -e)
}

# --- the run ------------------------------------------------------------------------------------------------------

# Sets a variable of the program where its input was given: an empty one must not hide what the workflow set itself.
give() {
    if [[ -n "$2" ]]; then
        export "$1=$2"
    fi
}

main() {
    local program='' exe='' code=0 token reports
    case "$(uname -s)" in MINGW* | MSYS* | CYGWIN*) exe=.exe ;; esac
    local name
    for name in PLAN PROFILE URL ONLY SKIP FAIL_ON BASELINE ARGS REPORT_DIR WORKING_DIRECTORY VERSION BIN; do
        local input="ACTION_$name"
        one_line "$name" "${!input:-}"
    done
    if [[ "${GITHUB_EVENT_NAME:-}" == pull_request_target ]]; then
        fail "$UNUSABLE" 'pull_request_target gives the secrets of this repository to what a stranger wrote; use pull_request'
    fi

    echo '::group::launchgate: install'
    install
    echo '::endgroup::'
    mask

    cd -- "${GITHUB_WORKSPACE:-.}/${ACTION_WORKING_DIRECTORY:-.}" ||
        fail "$UNUSABLE" "there is no folder ${ACTION_WORKING_DIRECTORY:-.}"
    give LAUNCHGATE_URL "${ACTION_URL:-}"
    give LAUNCHGATE_ONLY "${ACTION_ONLY:-}"
    give LAUNCHGATE_SKIP "${ACTION_SKIP:-}"
    give LAUNCHGATE_FAIL_ON "${ACTION_FAIL_ON:-}"
    # Dependabot has no secrets of the repository either.
    if [[ "${ACTION_FORK:-}" == true ]] || [[ "${GITHUB_EVENT_NAME:-}" == pull_request && "${GITHUB_ACTOR:-}" == 'dependabot[bot]' ]]; then
        echo 'launchgate: this run has no secrets (a fork); what needs them is skipped, and shown as skipped'
        export LAUNCHGATE_FORK=true
    fi
    reports="${ACTION_REPORT_DIR:-launchgate-report}"
    # What an earlier step left must not be taken for this run's.
    rm -f -- "$reports/outputs.txt" "$reports/annotations.txt" "$reports/summary.md"
    local arguments=("${ACTION_COMMAND:-run}" --report-dir "$reports")
    case "${ACTION_COMMAND:-run}" in
    run)
        give LAUNCHGATE_PLAN "${ACTION_PLAN:-}"
        give LAUNCHGATE_PROFILE "${ACTION_PROFILE:-}"
        give LAUNCHGATE_BASELINE "${ACTION_BASELINE:-}"
        if [[ "${ACTION_REQUIRE_SECRETS:-false}" == true ]]; then arguments+=(--require-secrets); fi
        ;;
    secrets) ;;
    *) fail "$UNUSABLE" 'command must be run or secrets' ;;
    esac
    local more=()
    read -ra more <<<"${ACTION_ARGS:-}"

    # Whatever the target says in the log is no command.
    token="launchgate-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
    echo "::stop-commands::$token"
    "$program" "${arguments[@]}" ${more[@]+"${more[@]}"} || code=$?
    echo
    echo "::$token::"

    if [[ "${ACTION_ANNOTATIONS:-true}" == true && -f "$reports/annotations.txt" ]]; then
        cat -- "$reports/annotations.txt"
    fi
    if [[ "${ACTION_SUMMARY:-true}" == true && -n "${GITHUB_STEP_SUMMARY:-}" && -f "$reports/summary.md" ]]; then
        if (($(wc -c <"$reports/summary.md") < SUMMARY_BYTES)); then
            cat -- "$reports/summary.md" >>"$GITHUB_STEP_SUMMARY"
        fi
    fi
    if [[ -f "$reports/outputs.txt" ]]; then
        # The code of the process stands for what the report cannot know: a report that was not written, a signal.
        grep -v '^exit-code=' -- "$reports/outputs.txt" >>"${GITHUB_OUTPUT:-/dev/null}" || true
    elif ((code == UNUSABLE)); then
        output verdict unusable
    else
        output verdict undecided
    fi
    output exit-code "$code"
    output report-dir "$reports"
    output json "$reports/result.json"
    output junit "$reports/junit.xml"
    output sarif "$reports/launchgate.sarif"
    output html "$reports/report.html"
    output comment "$reports/comment.md"
    exit "$code"
}

main
