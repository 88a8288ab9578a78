# shellcheck shell=bash
# shellcheck disable=SC2154 # Shared with bench.sh and the other parts.
# Sourced by bench.sh. Makes a JSON file and a table from the results, one JSON object a line.

# told: prints the last result as a line, to show progress.
told() {
    tail -n 1 "$work/results" | jq -r '"   \(.calls_per_second) calls/s, P95 \(.p95_ms) ms, \(.errors) errors"
        + if .books == null then "" else ", drained after \(.drained_seconds) s, rows = calls: \(.books.balance)" end'
}

report() {
    print_results true
    jq -e '[.runs[].books | select(. != null) | .balance] | all' "$json" >/dev/null || fail "the books do not balance: see the table."
}

# report_what_there_is: of a run that was interrupted.
report_what_there_is() {
    if [[ ! -s $work/results ]]; then
        echo "bench.sh: stopped before anything was measured." >&2
        return 0
    fi
    # Round 0 only warms up.
    jq -c 'select(.kind != "round" or .round > 0)' "$work/results" >"$work/measured" && mv -- "$work/measured" "$work/results"
    print_results false
    echo "bench.sh: stopped in step $step_number of ${#plan[@]}; what was not measured is -." >&2
}

# print_results IS_COMPLETE
print_results() {
    if [[ -z $json ]]; then
        json=$(mktemp "${TMPDIR:-/tmp}/flowquota-bench-results.XXXXXX.json")
    fi
    jq -s --argjson machine "$(describe_machine)" --argjson complete "$1" '{
        complete: $complete,
        machine: $machine,
        runs: map(select(.kind == "run")) | sort_by(.id),
        rounds: map(select(.kind == "round")),
        figures: map(select(.kind == "figure")),
        costs: map(select(.kind == "cost")),
        row: (map(select(.kind == "row")) | first),
        matrix: map(select(.kind == "cell")),
    }' "$work/results" >"$json"
    echo
    jq -r -f "$here/report.jq" "$json" | align
    echo
    echo "As JSON: $json"
}

# Pads the cells of each table to the width of their column.
align() {
    awk -F ' [|] ' '
        function flush_table(   r, c, text) {
            for (r = 1; r <= rows; r++) {
                text = ""
                for (c = 1; c <= columns; c++) text = text "| " cell[r, c] sprintf("%" (width[c] - length(cell[r, c]) + 1) "s", "")
                print text "|"
            }
            rows = columns = 0
            delete width
        }
        /^\| / {
            rows++
            sub(/^\| /, ""); sub(/ \|$/, "")
            columns = split($0, cells, / \| /)
            for (c = 1; c <= columns; c++) {
                cell[rows, c] = cells[c]
                if (length(cells[c]) > width[c]) width[c] = length(cells[c])
            }
            next
        }
        { flush_table(); print }
        END { flush_table() }'
}

describe_machine() {
    local cpu versions
    cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
    versions=$(
        printf '.NET %s\n' "$(dotnet --list-runtimes | sed -n 's/^Microsoft.AspNetCore.App \([^ ]*\) .*/\1/p' | tail -n 1)"
        printf 'Redis %s\n' "$(on_redis info server | sed -n 's/^redis_version:\([0-9.]*\).*/\1/p')"
        printf 'MariaDB %s\n' "$("$mariadb_server" --version | grep -o '[0-9]*\.[0-9]*\.[0-9]*' | head -n 1)"
        # Prints its version, but fails.
        printf 'wrk %s\n' "$({ wrk -v || true; } 2>/dev/null | grep -o '[0-9][0-9.]*' | head -n 1)"
        printf 'Node %s\n' "$(node --version | tr -d v)"
        printf 'FlowQuota %s\n' "$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo 'without a commit')"
    )
    jq -n --arg cpu "${cpu:-unknown}" --arg versions "$versions" --argjson cores "$(nproc)" \
        --argjson memory "$(awk '/^MemTotal:/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)" \
        --arg now "$(date -u '+%Y-%m-%d %H:%M UTC')" --argjson connections "$default_connections" \
        --argjson run "$run_seconds" --argjson warm "$planned_warm_seconds" --argjson floor "$floor_seconds" \
        --argjson rounds "$rounds" --argjson round "$round_seconds" '{
            started_at: $now, $cores, $cpu, memory_gb: $memory, versions: ($versions | split("\n")),
            run_seconds: $run, warm_seconds: $warm, floor_seconds: $floor, $rounds, round_seconds: $round, $connections,
        }'
}
