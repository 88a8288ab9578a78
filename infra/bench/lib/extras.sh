# shellcheck shell=bash
# shellcheck disable=SC2154 # Shared with bench.sh and the other parts.
# Sourced by bench.sh. Everything but a steady load: many tokens and connections, a backlog, a start, a cleanup.

MAKE_LIMIT_SECONDS=120

# measure_matrix: execute of console.log("Hello") by some tokens over some connections, briefly.
measure_matrix() {
    local tokens connections cell
    for tokens in "${matrix_tokens[@]}"; do
        make_tokens "$tokens"
        for connections in 1 64 256; do
            load "$app_url/flow/execute" "$work/hello.json" "$matrix_seconds" "$connections"
            cell=$(jq -c --argjson tokens "$tokens" --argjson connections "$connections" '{
                kind: "cell", tokens: $tokens, connections: $connections, calls_per_second: (.answered / .seconds | round),
                p50_ms, p95_ms, p99_ms, errors: (.sent - .answered + .refused + .broken) }' "$work/load.json")
            jq -c --argjson drained "$(await_drained "$DRAIN_LIMIT_SECONDS")" '. + { drained_seconds: $drained }' <<<"$cell" >>"$work/results"
            tail -n 1 "$work/results" | jq -r '"   \(.tokens) tokens, \(.connections) connections: \(.calls_per_second) calls/s, P95 \(.p95_ms) ms"'
        done
    done
}

# make_tokens COUNT: new ones, into the file tokens.
make_tokens() {
    rm -f -- "$work/tokens"
    start_group wrk -t1 -c16 "-d${MAKE_LIMIT_SECONDS}s" --timeout 10s -s "$here/wrk/create_tokens.lua" "$app_url/flow/tokens" \
        -- "$1" "$work/admin.header" "$work/creation.json" "$work/tokens" >"$work/load.out" 2>&1
    SECONDS=0
    until [[ -f $work/tokens && $(wc -l <"$work/tokens") == "$1" ]]; do
        ((SECONDS < MAKE_LIMIT_SECONDS)) || fail "not all of $1 tokens could be made: $(tail -n 3 "$work/load.out")"
        sleep 0.1
    done
    stop_groups "$started_pid"
}

# measure_backlog COUNT: how fast the drain works off so many events, without other work, when FlowQuota starts. The
# admission script makes the events, so they are those that a drain finds after an outage of SQL.
measure_backlog() {
    local peak left started rows
    create_token
    capture_calls
    await_drained "$DRAIN_LIMIT_SECONDS" >/dev/null || fail "the outbox was not drained."
    stop_app
    repeat_admission "$1" >/dev/null
    peak=$(on_redis llen outbox:audit)
    start_app "$database"
    # A doorbell is needed: one of 16 calls in a row asks whether it is due, and the drain comes a second later.
    for left in $(seq 20); do
        [[ $(call_app /flow/consume) == 200 ]] || fail "a consume was refused."
    done
    started=$EPOCHREALTIME
    for ((SECONDS = 0; SECONDS < DRAIN_LIMIT_SECONDS; )); do
        left=$(on_redis llen outbox:audit)
        ((left > 0)) || break
        if ((left >= peak)); then
            started=$EPOCHREALTIME
            peak=$left
        fi
        sleep 0.02
    done
    rows=$(on_database <<<"SELECT COUNT(*) FROM token_quota_logs WHERE token = '$token_id' AND action = 'consume'")
    figure backlog "Drain of a backlog of $peak events" "$(rate "$((peak - left))" "$started")" 'rows/s'
    ((rows == 2000000000 - $(remaining))) || fail "after the backlog $rows rows do not equal what was taken."
}

# rate COUNT STARTED
rate() {
    LC_ALL=C awk -v count="$1" -v from="$2" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.0f", count / (to - from) }'
}

# figure ID WHAT VALUE UNIT
figure() {
    jq -n -c --arg id "$1" --arg what "$2" --argjson value "$3" --arg unit "$4" '{ kind: "figure", $id, $what, $value, $unit }' >>"$work/results"
    echo "   $2: $3 $4"
}

# measure_cold_start: from the start of the process to its first admitted call; the median of three.
measure_cold_start() {
    local times=() started
    while ((${#times[@]} < 3)); do
        stop_app
        started=$EPOCHREALTIME
        start_app "$database"
        SECONDS=0
        until [[ $(call_app /flow/consume) == 200 ]]; do
            ((SECONDS < 60)) || fail "no call was admitted within a minute of the start."
            sleep 0.01
        done
        times+=("$(since "$started")")
    done
    figure cold_start 'Cold start, to the first admitted call' "$(printf '%s\n' "${times[@]}" | sort -n | sed -n 2p)" s
}

# measure_cleanup OLD: as many expired rows as newer ones, all in one partition, so that they are deleted batch by batch.
# Before that, a day with a partition of its own, which is dropped as a whole.
measure_cleanup() {
    local old=$1 day started answer deleted
    stop_app
    start_app flowquota_cleanup
    day=$((old / 5))
    split_old_day
    insert_rows "$day" 210 0
    started=$EPOCHREALTIME
    answer=$(admin /flow/quota/cleanup/trigger -X POST)
    [[ $(jq .deleted_count <<<"$answer") == "$day" ]] || fail "the cleanup did not drop the old day: $answer"
    figure cleanup_partition "Cleanup of a day of $day rows that has its own partition" "$(since "$started")" s

    insert_rows "$old" 181 20
    insert_rows "$old" 0 179
    started=$EPOCHREALTIME
    answer=$(admin /flow/quota/cleanup/trigger -X POST)
    deleted=$(jq .deleted_count <<<"$answer")
    figure cleanup "Cleanup of $deleted old rows among $((2 * old)), batch by batch" "$(rate "$deleted" "$started")" 'rows/s'
    if [[ $(jq .completed <<<"$answer") == true && $deleted != "$old" ]]; then
        fail "the cleanup removed $deleted rows instead of $old."
    fi
}

# A partition for the day 210 days ago, split off the first, which holds whatever is older than its own day.
split_old_day() {
    local first bound
    read -r first bound < <(on_database <<<"SELECT PARTITION_NAME, PARTITION_DESCRIPTION FROM information_schema.PARTITIONS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'token_quota_logs' ORDER BY PARTITION_ORDINAL_POSITION LIMIT 1")
    on_database <<<"ALTER TABLE token_quota_logs REORGANIZE PARTITION $first INTO (
        PARTITION p_old VALUES LESS THAN ('$(date -u -d '-209 days' '+%F 00:00:00')'),
        PARTITION $first VALUES LESS THAN ($bound))" || fail "the old day could not be split off."
}

# insert_rows COUNT DAYS SPAN: rows made evenly over SPAN days (0 = one day) that ended DAYS days ago.
insert_rows() {
    local step=100000 done_rows=0 count
    while ((done_rows < $1)); do
        count=$(($1 - done_rows < step ? $1 - done_rows : step))
        on_database <<SQL || fail "log rows could not be inserted."
SET @newest = UTC_DATE() - INTERVAL $2 DAY + INTERVAL IF($3 = 0, 86399, 0) SECOND;
INSERT INTO token_quota_logs (token, ws_id, email, quota_before, quota_after, quota_change, action, request_id, execution_success, created_at, epoch, seq)
SELECT 'flow_vavgjxzvqcqhme1gkz9sb3xa', 'bench', 'bench@example.com', 2000000000 - seq, 1999999999 - seq, -1, 'consume',
    '01a20724-7284-712c-a5ea-786a80a7e80e', 1, @newest - INTERVAL (($done_rows + seq) * GREATEST($3, 1) * 86399 DIV $1) SECOND, $2 + 1, $done_rows + seq
FROM seq_1_to_$count;
SQL
        done_rows=$((done_rows + count))
    done
}
