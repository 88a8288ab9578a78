# shellcheck shell=bash
# shellcheck disable=SC2154 # Shared with bench.sh and the other parts.
# Sourced by bench.sh. FlowQuota under load while it drains: how late SQL is, and whether the ledger balances.

DRAIN_LIMIT_SECONDS=180

# measure_app ID NAME PATH BODY [paused]: one kind of call, by one token. paused = SQL is stopped under the load, so that
# no drain runs beside it.
measure_app() {
    local id=$1 name=$2 url=$app_url$3 body=$4 paused=${5:-} drained
    create_token
    if [[ $paused == paused ]]; then
        signal_group STOP "$mariadb_pid"
    else
        start_watch
    fi
    if [[ $paused == paused ]]; then
        # Shorter than the others: the backlog must stay below the outbox's hard limit of a million.
        warm_seconds=$paused_warm_seconds measure_load "$id" "$name" "$app_pid" "$url" "$body" "$paused_seconds" "$default_connections"
        signal_group CONT "$mariadb_pid"
    else
        measure_load "$id" "$name" "$app_pid" "$url" "$body" "$run_seconds" "$default_connections"
    fi
    drained=$(await_drained "$DRAIN_LIMIT_SECONDS") || echo "Not everything was drained after $DRAIN_LIMIT_SECONDS s."
    if [[ $paused != paused ]]; then
        # A last look at the changes that became visible at the end.
        sleep 0.2
        stop_groups "$watch"
    fi
    jq -c --argjson drained "$drained" --argjson lag "$(lag "$load_started" "$paused")" --argjson books "$(books)" '
        (.warmed + .calls) as $calls
        | . + { drained_seconds: $drained, lag: $lag, books: ($books + { calls: $calls, balance: ($books.rows == $calls and $books.taken == $calls) }) }
        ' "$work/run.json" >>"$work/results"
    told
}

# start_watch: at most 20 times a second, the state of SQL: the time, the time of its newest log row, and the ledger
# position of the token's row. Uses one connection, and no process for each look.
start_watch() {
    awk -v looks=$((20 * (warm_seconds + run_seconds + DRAIN_LIMIT_SECONDS))) -v token="$token_id" 'BEGIN {
        print "SET time_zone = \047+00:00\047;"
        while (looks-- > 0) {
            print "SELECT newest.ms, synced.seq, ROUND(1000 * UNIX_TIMESTAMP(SYSDATE(3)))"
            print "FROM (SELECT ROUND(1000 * UNIX_TIMESTAMP(MAX(created_at))) AS ms FROM token_quota_logs) AS newest,"
            print "     (SELECT synced_seq AS seq FROM access_tokens WHERE access_token = \047" token "\047) AS synced;"
            print "DO SLEEP(0.05);"
        }
    }' >"$work/watch.sql"
    start_group watch_sql >"$work/watch" 2>/dev/null
    watch=$started_pid
}

watch_sql() {
    on_database --unbuffered <"$work/watch.sql"
}

# lag STARTED PAUSED: how late changes were visible in SQL, in ms, as {audit: {p50, p99}, sync: {p50, p99}}.
#
# The drain writes rows in the order in which they were made. So a change made at time C is visible from the first look
# whose newest row was made at C or later, and it is at most that look's time minus C late. Under an even load every
# millisecond of the run weighs the same: the percentiles are taken over all milliseconds between its start and the last
# change. The same holds for the token's own row (sync), with the time of the change that it shows.
# Looks are 50 ms apart, and the figures include that: they are upper bounds.
lag() {
    if [[ $2 == paused ]]; then
        echo null
        return
    fi
    cut -f 2 "$work/watch" | sort -u | paste -sd, - >"$work/positions"
    on_database >"$work/made" <<SQL
SET time_zone = '+00:00';
SELECT seq, ROUND(1000 * UNIX_TIMESTAMP(created_at)) FROM token_quota_logs WHERE token = '$token_id' AND epoch = 1 AND seq IN ($(<"$work/positions"));
SQL
    awk -v started="$1" '
        function percentile(count, total, part,   ms, seen) {
            for (ms = 0; ms <= longest; ms++) {
                seen += count[ms]
                if (seen >= part * total) return ms
            }
            return -1
        }
        # Milliseconds from..to became visible at now.
        function see(count, from, to, now,   made) {
            for (made = from + 1; made <= to; made++) {
                count[now - made]++
                if (now - made > longest) longest = now - made
            }
            return to > from ? to - from : 0
        }
        BEGIN { audit_shown = sync_shown = int(started * 1000) }
        NR == FNR { made_at[$1] = $2; next }
        {
            total_audit += see(audit, audit_shown, $1, $3)
            if ($1 > audit_shown) audit_shown = $1
            shown = made_at[$2]
            total_sync += see(sync, sync_shown, shown, $3)
            if (shown > sync_shown) sync_shown = shown
        }
        END {
            printf "{\"audit\":{\"p50\":%d,\"p99\":%d},\"sync\":{\"p50\":%d,\"p99\":%d}}\n",
                percentile(audit, total_audit, 0.5), percentile(audit, total_audit, 0.99),
                percentile(sync, total_sync, 0.5), percentile(sync, total_sync, 0.99)
        }' "$work/made" "$work/watch"
}

# books: the server's count of the token's calls, from three sources.
books() {
    local rows outcomes
    read -r rows outcomes < <(on_database <<<"SELECT COUNT(*), COALESCE(SUM(execution_success), 0) FROM token_quota_logs
        WHERE token = '$token_id' AND action = 'consume'" )
    printf '{"rows":%d,"succeeded":%d,"taken":%d}' "$rows" "$outcomes" $((2000000000 - $(remaining)))
}

# record_row_size: the size of a log row on disk.
record_row_size() {
    local count
    count=$(on_database <<<'SELECT COUNT(*) FROM token_quota_logs')
    on_database <<<'ANALYZE TABLE token_quota_logs' >/dev/null
    on_database <<<"SELECT DATA_LENGTH, INDEX_LENGTH FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'token_quota_logs'" \
        | jq -R -c --argjson count "$count" '
            split("\t") | map(tonumber / $count | round)
            | { kind: "row", rows: $count, data_bytes: .[0], index_bytes: .[1] }' >>"$work/results"
}
