# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Shared with bench.sh and the other parts.
# Sourced by bench.sh. One load after the other, with its cost in each process and its result in SQL.

# How the tokens follow one another: turn, uniform or zipf.
order=turn

# load URL BODY SECONDS CONNECTIONS: calls with the tokens of the file tokens. The output of wrk is in load.json, the CPU
# seconds of wrk in load.cpu.
load() {
    run_group timed wrk -t1 "-c$4" "-d$(($3 + 1))s" --timeout 10s -s "$here/wrk/call.lua" "$1" \
        -- "$3" "$work/tokens" "$2" "$order" >"$work/load.out" 2>"$work/load.cpu" || fail "wrk failed: $(tail -n 3 "$work/load.out")"
    tail -n 1 "$work/load.out" >"$work/load.json"
    jq -e .sent "$work/load.json" >/dev/null || fail "wrk printed no result: $(tail -n 3 "$work/load.out")"
}

# timed COMMAND...: its user and system seconds on standard error.
timed() {
    local TIMEFORMAT='%U %S'
    time "$@" 2>&1
}

# cpu_ticks PID: user and system time that a process and its children, also those that have ended, have used so far.
cpu_ticks() {
    local pid stat fields ticks=0
    # shellcheck disable=SC2013 # Process ids, separated by blanks.
    for pid in "$1" $(cat "/proc/$1/task/"*/children 2>/dev/null); do
        stat=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
        # The name in parentheses may hold spaces; utime, stime, cutime and cstime are the 14th to 17th of all.
        read -ra fields <<<"${stat##*) }"
        ((ticks += fields[11] + fields[12] + fields[13] + fields[14]))
    done
    echo "$ticks"
}

ticks_to_seconds() {
    awk -v ticks="$1" -v rate="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", ticks / rate }'
}

# A process's peak is counted from here on, if the kernel allows it.
forget_peak() {
    { echo 5 >"/proc/$1/clear_refs"; } 2>/dev/null || true
}

peak_mb() {
    awk '/^VmHWM:/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"
}

# measure_load ID NAME SERVER_PID URL BODY SECONDS CONNECTIONS: warms up, then runs the load. The result is in run.json, with
# the number of calls of the warm-up as "warmed"; load_started is the end of the warm-up.
measure_load() {
    local id=$1 name=$2 server=$3 url=$4 body=$5 seconds=$6 connections=$7 warmed before after wrk_cpu
    load "$url" "$body" "$warm_seconds" "$connections"
    warmed=$(jq '.answered - .refused' "$work/load.json")
    forget_peak "$server"
    before=("$(cpu_ticks "$server")" "$(cpu_ticks "$redis_pid")" "$(cpu_ticks "$mariadb_pid")")
    load_started=$EPOCHREALTIME
    load "$url" "$body" "$seconds" "$connections"
    after=("$(cpu_ticks "$server")" "$(cpu_ticks "$redis_pid")" "$(cpu_ticks "$mariadb_pid")")
    wrk_cpu=$(tail -n 1 "$work/load.cpu" | awk '{ printf "%.2f", $1 + $2 }')
    jq -c --arg id "$id" --arg name "$name" --argjson warmed "$warmed" --argjson connections "$connections" \
        --argjson app "$(ticks_to_seconds $((after[0] - before[0])))" \
        --argjson redis "$(ticks_to_seconds $((after[1] - before[1])))" \
        --argjson mariadb "$(ticks_to_seconds $((after[2] - before[2])))" \
        --argjson wrk "$wrk_cpu" --argjson peak "$(peak_mb "$server")" '
        {
            kind: "run", id: $id, name: $name, connections: $connections, seconds, warmed: $warmed,
            calls: (.answered - .refused), calls_per_second: ((.answered - .refused) / .seconds | round),
            p50_ms, p95_ms, p99_ms, errors: (.sent - .answered + .refused + .broken),
            cpu_seconds: { app: $app, redis: $redis, mariadb: $mariadb, wrk: $wrk }, peak_mb: $peak,
        }' "$work/load.json" >"$work/run.json"
}

# measure_redis: the admission script by itself, with redis-benchmark: the maximum of one Redis.
measure_redis() {
    local count=$((floor_seconds * 12000)) ticks left
    start_throwing
    repeat_admission $((count / 5)) >"$work/redis.csv"
    left=$(on_redis get "quota:$token_id")
    ticks=$(cpu_ticks "$redis_pid")
    repeat_admission "$count" >"$work/redis.csv"
    ticks=$(($(cpu_ticks "$redis_pid") - ticks))
    left=$((left - $(on_redis get "quota:$token_id")))
    stop_groups "$thrower"
    # Quoted columns: test, rps, average, min, p50, p95, p99, max.
    jq -R -s -c --argjson count "$count" --argjson admitted "$left" --argjson cpu "$(ticks_to_seconds "$ticks")" '
        rtrimstr("\n") | split("\n") | last | split("\",\"") | .[1:] | map(rtrimstr("\"") | tonumber) as [$rps, $avg, $min, $p50, $p95, $p99]
        | {
            kind: "run", id: "a", name: "Redis alone: the admission script", connections: 64, calls: $admitted,
            seconds: ($count / $rps | . * 10 | round / 10), calls_per_second: ($rps | round),
            p50_ms: $p50, p95_ms: $p95, p99_ms: $p99, errors: ($count - $admitted), cpu_seconds: { redis: $cpu },
        }' "$work/redis.csv" >>"$work/results"
    told
}

# start_throwing: deletes events each second when no FlowQuota drains them, so that neither memory nor the outbox's hard
# limit affects the figures.
start_throwing() {
    start_group redis-cli -h 127.0.0.1 -p "${redis_address##*:}" -r -1 -i 1 unlink outbox:audit >/dev/null
    thrower=$started_pid
}

# repeat_admission COUNT: the captured admission, pipelined as by a client that shares one connection.
repeat_admission() {
    local call
    mapfile -t call <"$work/admission.call"
    run_group redis-benchmark -h 127.0.0.1 -p "${redis_address##*:}" -n "$1" -c 64 -P 16 --csv EVALSHA "${call[@]}" 2>/dev/null \
        || fail "redis-benchmark failed."
}
