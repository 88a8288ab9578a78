# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Shared with bench.sh and the other parts.
# Sourced by bench.sh. The bare endpoint, the peer and FlowQuota in turn, repeatedly, with one token and with many: a minute in
# which the machine is slow then affects all of them, and each ratio compares runs that are close in time.

ROUND_WARM_SECONDS=2
RUNS_A_ROUND=9

# measure_rounds: a number of rounds of the bare endpoint (b), the peer (c), consume (d) and execute (e), with one token and
# with many at random. The first two have a Redis of their own, because FlowQuota's must contain nothing that it would not
# drain. FlowQuota is left running.
measure_rounds() {
    local floor_redis_pid=$redis_pid bare bare_url peer peer_url round id
    start_throwing
    start_bare
    bare=$started_pid bare_url="http://127.0.0.1:$port/"
    start_peer
    peer=$started_pid peer_url="http://127.0.0.1:$port/"
    start_redis "$work/redis" || fail "nothing was measured."
    redis_pid=$started_pid
    start_app flowquota
    count_rows
    create_token
    cp -- "$work/tokens" "$work/tokens.one"
    # Round 0 warms up: it compiles the programs, and loads the tokens.
    for ((round = 0; round <= rounds; round++)); do
        for id in "one turn" "many uniform"; do
            redis_pid=$floor_redis_pid measure_round "$round" b 'Kestrel and one EVALSHA of the same script' $id "$bare" "$bare_url" ''
            redis_pid=$floor_redis_pid measure_round "$round" c 'Peer: fastify, ioredis, rate-limiter-flexible' $id "$peer" "$peer_url" ''
            measure_round "$round" d 'POST /flow/consume' $id "$app_pid" "$app_url/flow/consume" ''
            measure_round "$round" e 'POST /flow/execute, console.log("Hello")' $id "$app_pid" "$app_url/flow/execute" "$work/hello.json"
        done
        measure_round "$round" d 'POST /flow/consume' many zipf "$app_pid" "$app_url/flow/consume" ''
    done
    stop_groups "$thrower" "$bare" "$peer" "$floor_redis_pid"
    await_drained "$DRAIN_LIMIT_SECONDS" >/dev/null || fail "the outbox was not drained."
    jq -s -e --argjson books "$(books)" '
        map(select(.kind == "round" and .tokens == "one" and (.id == "d" or .id == "e")) | .warmed + .calls) | add | . == $books.rows and . == $books.taken' \
        "$work/results" >/dev/null || fail "the books of the rounds do not balance."
    jq -c 'select(.kind != "round" or .round > 0)' "$work/results" >"$work/measured" && mv -- "$work/measured" "$work/results"
    sum_rounds b
    sum_rounds c
}

# measure_round ROUND ID NAME TOKENS ORDER SERVER_PID URL BODY: one of the runs of a round; what it changed in the stores is
# recorded for FlowQuota.
measure_round() {
    local before=null after=null seconds=$round_seconds
    if (($1 == 0)); then seconds=$warm_seconds; fi
    cp -- "$work/tokens.$4" "$work/tokens"
    [[ $2 == [bc] ]] || before=$(changes)
    order=$5 warm_seconds=$ROUND_WARM_SECONDS measure_load "$2" "$3" "$6" "$7" "$8" "$seconds" "$default_connections"
    [[ $2 == [bc] ]] || after=$(changes)
    jq -c --argjson round "$1" --arg tokens "$4" --arg order "$5" --argjson before "$before" --argjson after "$after" '
        (.calls + .warmed) as $calls
        | . + { kind: "round", $round, $tokens, $order,
            changes: (if $after then ($after | with_entries(.value = (.value - $before[.key]) / $calls)) else null end) }' \
        "$work/run.json" >>"$work/results"
    advance $((seconds + ROUND_WARM_SECONDS + 3))
    tail -n 1 "$work/results" | jq -r --arg rounds "$rounds" --arg left "$(time_left)" \
        '"   \(if .round == 0 then "warming up" else "round \(.round) of \($rounds)" end), \(.id), \(.tokens) \(.order): \(.calls_per_second) calls/s, P95 \(.p95_ms) ms, \(.errors) errors; \($left)"'
}

# count_rows: from now on the server counts the rows that change, by table.
count_rows() {
    on_database <<<"SET GLOBAL userstat = 1"
}

# changes: what has been written when nothing waits, as JSON: rows by table, and the commands and bytes of Redis.
changes() {
    await_drained "$DRAIN_LIMIT_SECONDS" >/dev/null || fail "the outbox was not drained."
    {
        on_database <<<"SELECT CONCAT(table_name, ' ', rows_changed) FROM information_schema.table_statistics
            WHERE table_schema = '$database' AND table_name IN ('access_tokens', 'token_quota_logs')"
        on_redis info everything | tr -d '\r' | awk -F '[:=,]' '
            /^cmdstat_/ && !/^cmdstat_(evalsha|info|script)/ { commands += $3 }
            /^(total_net_input_bytes|total_net_output_bytes|aof_current_size):/ { print $1, $2 }
            END { print "commands", commands }'
    } | jq -R -s -c 'split("\n") | map(select(. != "") | split(" ") | { (.[0]): (.[1] | tonumber) }) | { access_tokens: 0, token_quota_logs: 0 } + add'
}

# sum_rounds ID: its rounds with one token as one run; the worst of the percentiles and of the peak.
sum_rounds() {
    jq -s -c --arg id "$1" '
        map(select(.kind == "round" and .id == $id and .tokens == "one"))
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
