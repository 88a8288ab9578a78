# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Shared with bench.sh and the other parts.
# Sourced by bench.sh. The bare endpoint, the peer and FlowQuota in turn, repeatedly: a minute in which the machine is slow
# then affects all of them, and each ratio compares runs that are close in time.

ROUND_WARM_SECONDS=2

# measure_rounds: a run of the bare endpoint (b) and of the peer (c), and a number of rounds of b, c and consume (d). Those
# two have a Redis of their own, because FlowQuota's must contain nothing that it would not drain. FlowQuota is left
# running.
measure_rounds() {
    local floor_redis_pid=$redis_pid bare bare_url peer peer_url round
    start_throwing
    start_bare
    bare=$started_pid bare_url="http://127.0.0.1:$port/"
    start_peer
    peer=$started_pid peer_url="http://127.0.0.1:$port/"
    start_redis "$work/redis" || fail "nothing was measured."
    redis_pid=$started_pid
    start_app flowquota
    create_token
    load "$bare_url" '' "$warm_seconds" "$default_connections"
    load "$peer_url" '' "$warm_seconds" "$default_connections"
    load "$app_url/flow/consume" '' "$warm_seconds" "$default_connections"
    create_token
    for ((round = 1; round <= rounds; round++)); do
        redis_pid=$floor_redis_pid measure_round "$round" b 'Kestrel and one EVALSHA of the same script' "$bare" "$bare_url"
        redis_pid=$floor_redis_pid measure_round "$round" c 'Peer: fastify, ioredis, rate-limiter-flexible' "$peer" "$peer_url"
        measure_round "$round" d 'POST /flow/consume' "$app_pid" "$app_url/flow/consume"
    done
    stop_groups "$thrower" "$bare" "$peer" "$floor_redis_pid"
    await_drained "$DRAIN_LIMIT_SECONDS" >/dev/null || fail "the outbox was not drained."
    jq -s -e --argjson books "$(books)" '
        map(select(.kind == "round" and .id == "d") | .warmed + .calls) | add | . == $books.rows and . == $books.taken' "$work/results" >/dev/null \
        || fail "the books of the rounds do not balance."
    sum_rounds b
    sum_rounds c
}

# measure_round ROUND ID NAME SERVER_PID URL
measure_round() {
    warm_seconds=$ROUND_WARM_SECONDS measure_load "$2" "$3" "$4" "$5" '' "$round_seconds" "$default_connections"
    jq -c --argjson round "$1" '. + { kind: "round", round: $round }' "$work/run.json" >>"$work/results"
    told
}

# sum_rounds ID: its rounds as one run; the worst of the percentiles and of the peak.
sum_rounds() {
    jq -s -c --arg id "$1" '
        map(select(.kind == "round" and .id == $id))
        | (map(.calls) | add) as $calls | (map(.seconds) | add) as $seconds
        | .[0] + {
            kind: "run", seconds: $seconds, warmed: (map(.warmed) | add), calls: $calls, calls_per_second: ($calls / $seconds | round),
            p50_ms: (map(.p50_ms) | max), p95_ms: (map(.p95_ms) | max), p99_ms: (map(.p99_ms) | max), errors: (map(.errors) | add),
            cpu_seconds: (reduce (map(.cpu_seconds | to_entries)[][]) as $cpu ({}; .[$cpu.key] = (((.[$cpu.key] // 0) + $cpu.value) * 100 | round / 100))),
            peak_mb: (map(.peak_mb) | max),
        }
        | del(.round)' "$work/results" >"$work/sum.json"
    cat "$work/sum.json" >>"$work/results"
}
