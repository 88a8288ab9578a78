#!/usr/bin/env bash
# Measures FlowQuota's speed and compares it with the possible maximum, on one machine that also runs the load generator.
# docs/performance.md explains the figures.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
here="$root/infra/bench"
# shellcheck source-path=SCRIPTDIR source=lib/servers.sh
source "$root/infra/lib/servers.sh"
# shellcheck source-path=SCRIPTDIR source=bench/lib/app.sh
source "$here/lib/app.sh"
# shellcheck source-path=SCRIPTDIR source=bench/lib/load.sh
source "$here/lib/load.sh"
# shellcheck source-path=SCRIPTDIR source=bench/lib/audit.sh
source "$here/lib/audit.sh"
# shellcheck source-path=SCRIPTDIR source=bench/lib/rounds.sh
source "$here/lib/rounds.sh"
# shellcheck source-path=SCRIPTDIR source=bench/lib/extras.sh
source "$here/lib/extras.sh"
# shellcheck source-path=SCRIPTDIR source=bench/lib/progress.sh
source "$here/lib/progress.sh"
# shellcheck source-path=SCRIPTDIR source=bench/lib/report.sh
source "$here/lib/report.sh"

run_seconds=60
warm_seconds=20
floor_seconds=30
rounds=6
round_seconds=10
paused_seconds=15
paused_warm_seconds=3
default_connections=64
matrix_seconds=10
matrix_tokens=(1 100 10000)
many_tokens=10000
backlog_events=500000
old_rows=1000000

json=
work=
peer_modules=
is_interrupted=false

usage() {
    cat <<'TEXT'
infra/bench.sh [--short] [--json FILE]

  --short      A quick run of about ten minutes: 8 s a measurement, the rest on a small scale. Its figures are rough.
  --json FILE  The file for the results as JSON; by default a temporary file, whose name is printed.

Installs what is missing (Debian packages, and the peer's from npm into a cache folder), starts private servers on free
ports and stops them. Shows which step of how many it is at, and the time left. Ctrl-C stops it and prints the results that
it has by then. Fails when something could not be measured or the books did not balance; a figure below its target is only
reported.
TEXT
}

fail() {
    echo "bench.sh: $*" >&2
    exit 1
}

read_arguments() {
    while (($# > 0)); do
        case $1 in
            --short)
                run_seconds=8 warm_seconds=3 floor_seconds=8 rounds=3 round_seconds=4 paused_seconds=8 paused_warm_seconds=3 matrix_seconds=3
                matrix_tokens=(1 100 1000) backlog_events=50000 old_rows=50000
                ;;
            --json)
                (($# > 1)) || { usage >&2 && exit 2; }
                json=$2
                shift
                ;;
            --help | -h) usage && exit 0 ;;
            *) usage >&2 && exit 2 ;;
        esac
        shift
    done
}

clean_up() {
    if [[ $is_interrupted == true ]]; then
        report_what_there_is || echo "bench.sh: what there is could not be printed." >&2
    fi
    # A server that is paused (SIGSTOP) cannot end.
    if [[ -n $mariadb_pid ]]; then
        signal_group CONT "$mariadb_pid" || true
    fi
    stop_all_groups
    if [[ -n $work ]]; then
        rm -rf -- "$work"
    fi
}

require_everything() {
    local tool
    type -P dotnet >/dev/null || fail "the .NET SDK is missing: please install the version that global.json names."
    for tool in wrk jq curl; do
        type -P "$tool" >/dev/null || install_debian_packages "$tool" || exit 1
    done
    require_redis && require_mariadb && require_peer || exit 1
}

# The peer's packages, in the versions of its package.json.
require_peer() {
    local versions packages folder="${XDG_CACHE_HOME:-$HOME/.cache}/flowquota/bench-peer"
    if ! type -P node >/dev/null; then
        echo "The peer needs Node.js 20 or newer: please install it." >&2
        return 1
    fi
    versions=$(jq -r '.dependencies | to_entries | map("\(.key)@\(.value)") | join(" ")' "$here/peer/package.json")
    read -ra packages <<<"$versions"
    peer_modules="$folder/${versions// /_}/node_modules"
    [[ -d $peer_modules ]] || install_npm_packages "The peer's packages" "${peer_modules%/*}" "${packages[@]}"
}

build() {
    step "Build"
    publish FlowQuota.SelfHost "$work/selfhost"
    publish infra/bench/BareEndpoint "$work/bare"
}

prepare() {
    printf '{"code_base64":"%s"}' "$(printf 'console.log("Hello")' | base64 -w 0)" >"$work/hello.json"
    printf '{"code_base64":"%s"}' "$(base64 -w 0 "$here/fifty-lines.js")" >"$work/fifty.json"
    make_secrets
    start_redis "$work/floor-redis" || fail "nothing was measured."
    redis_pid=$started_pid
    start_mariadb "$work/mariadb" || fail "nothing was measured."
    mariadb_pid=$started_pid
}

# Measures the requests of a call to Redis alone, without a drain.
measure_redis_alone() {
    start_app flowquota
    create_token
    capture_calls
    record_costs
    make_tokens "$many_tokens"
    mv -- "$work/tokens" "$work/tokens.many"
    list_callers
    stop_app
    step "a: Redis alone"
    measure_redis
}

measure_calls() {
    step "Warming up"
    # A new process compiles while it works: without this, the first run would be slower than the later ones.
    create_token
    load "$app_url/flow/execute" "$work/hello.json" "$warm_seconds" "$default_connections"
    await_drained "$DRAIN_LIMIT_SECONDS" >/dev/null || fail "the outbox was not drained."
    step "d: consume"
    measure_app d 'POST /flow/consume' /flow/consume ''
    step "e: execute"
    measure_app e 'POST /flow/execute, console.log("Hello")' /flow/execute "$work/hello.json"
    step "f: execute of 50 lines"
    measure_app f 'POST /flow/execute, 50 lines with loop, JSON, regex' /flow/execute "$work/fifty.json"
    record_row_size
    step "g: consume while SQL stands still"
    measure_app g 'POST /flow/consume, SQL paused' /flow/consume '' paused
}

measure_the_rest() {
    step "Tokens and connections"
    measure_matrix
    step "Backlog"
    measure_backlog "$backlog_events"
    step "Cold start"
    measure_cold_start
    step "Cleanup"
    measure_cleanup "$old_rows"
}

main() {
    read_arguments "$@"
    # Every setting at its default, whatever the caller's environment sets.
    unset "${!QUOTA_@}" "${!EXECUTE_@}" "${!OUTBOX_@}" "${!REDIS_@}" "${!AzureWebJobsStorage@}" FLOW_TIME_ZONE DATABASE_MIGRATE
    exit_on_signals clean_up
    trap 'is_interrupted=true; exit 130' INT
    trap 'is_interrupted=true; exit 143' TERM
    work=$(mktemp -d "${TMPDIR:-/tmp}/flowquota-bench.XXXXXX")
    require_everything
    make_plan
    build
    prepare
    measure_redis_alone
    step "b to e in turn, with one token and with $many_tokens at random: a bare endpoint, a peer, consume, execute"
    measure_rounds
    measure_calls
    measure_the_rest
    report
}

main "$@"
