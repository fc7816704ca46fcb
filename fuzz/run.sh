#!/bin/sh
# Runs one fuzz target for a number of executions; see README.md.
set -eu
cd "$(dirname "$0")"
target=${1:?usage: run.sh TARGET [EXECUTIONS]}
executions=${2:-1000000}
case $target in
    archive | dex | arsc | axml | hermes | plist | class) program=containers features= ;;
    *) program=$target features=engine ;;
esac
# What `cargo fuzz` passes, without a sanitizer: our crates forbid unsafe code, so that a panic is what can go wrong.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
host=$(rustc -vV | sed -n 's/^host: //p')
cargo build -q --release --target "$host" --features "$features" --bin "$program"
mkdir -p "corpus/$target" artifacts
fixtures=../crates/artifact-text/tests/fixtures
seeds=corpus/$target-seeds
rm -rf "$seeds"
mkdir -p "$seeds"
case $target in
    archive) cp "$fixtures"/*.zip "$fixtures"/*.gz "$fixtures"/*.bz2 "$fixtures"/*.xz "$fixtures"/*.zst "$fixtures"/*.apk "$seeds" ;;
    dex) cp "$fixtures"/*.dex "$seeds" ;;
    arsc) cp "$fixtures"/*.arsc "$seeds" ;;
    axml) cp "$fixtures"/*.axml "$seeds" ;;
    hermes) cp "$fixtures"/*.hbc "$seeds" ;;
    plist) cp "$fixtures"/*.plist "$seeds" ;;
    class) cp "$fixtures"/*.class "$seeds" ;;
    rules) python3 seeds.py ../crates/secret-scan/rules "$seeds" ;;
esac
most=4096
[ "$target" = archive ] && most=16384
exec "target/$host/release/$program" "corpus/$target" "$seeds" -runs="$executions" -max_len="$most" -rss_limit_mb=1024 -timeout=20 \
    -artifact_prefix="artifacts/$target-" -print_final_stats=1 -verbosity=0
