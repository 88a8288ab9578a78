# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Shared with bench.sh and the other parts.
# Sourced by bench.sh. The programs that are measured, and the requests to FlowQuota beside the load.

app_url=
app_pid=
token=
token_id=
redis_pid=
mariadb_pid=

publish() {
    run_group dotnet publish "$root/$1" -c Release -o "$2" --nologo -v quiet --disable-build-servers >"$work/publish.log" 2>&1 \
        || fail "$1 does not build: $(tail -n 5 "$work/publish.log")"
}

# Keys of this run only; in files, so that no command line shows them.
make_secrets() {
    local admin
    admin=$(random_hex)
    export ADMIN_TOKEN=$admin TOKEN_PEPPER
    TOKEN_PEPPER=$(random_hex)
    printf 'Authorization: Bearer %s\n' "$admin" >"$work/admin.header"
    # A quota that is never used up, under a rate limit that is counted and never reached.
    cat >"$work/creation.json" <<'JSON'
{"ws_id":"bench","email":"bench@example.com","operation":"unlimited","quota_type":"count","total_quota":2000000000,"rate_limit_per_minute":1000000000}
JSON
}

random_hex() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# start_app DATABASE: with every setting at its default, real Redis and MariaDB, and queues in the process.
start_app() {
    server_folder="$work/app"
    mkdir -p -- "$server_folder"
    database=$1
    run_sql <<<"CREATE DATABASE IF NOT EXISTS $database CHARACTER SET utf8mb4" || fail "the database $database could not be made."
    start_on_free_port FlowQuota launch_app app_answers || fail "FlowQuota did not start."
    app_url="http://127.0.0.1:$port"
    app_pid=$started_pid
}

launch_app() {
    REDIS_CONNECTION=$redis_address MYSQL_CONNECTION="$mysql_connection;Database=$database" FLOWQUOTA_DATA_DIR="$work/app/data" \
        start_group "$work/selfhost/FlowQuota.SelfHost" --urls "http://127.0.0.1:$port"
}

app_answers() {
    curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$port/health"
}

stop_app() {
    stop_groups "$app_pid"
    app_pid=
}

# list_callers: of each token in the file tokens.many also the public id and the hash of the secret, as Redis has it.
list_callers() {
    local id
    cut -c 1-29 "$work/tokens.many" >"$work/ids"
    while read -r id; do echo "HGET token:$id secret"; done <"$work/ids" | on_redis >"$work/hashes"
    paste -d ' ' "$work/tokens.many" "$work/ids" "$work/hashes" >"$work/callers"
}

# start_bare: the bare endpoint, on the call that capture_calls found, or the same call of the token that asks.
start_bare() {
    server_folder="$work/bare-endpoint"
    mkdir -p -- "$server_folder"
    start_on_free_port 'The bare endpoint' launch_bare port_is_open || fail "the bare endpoint did not start."
}

launch_bare() {
    start_group "$work/bare/FlowQuota.BareEndpoint" --redis "$redis_address" --call "$work/admission.call" --callers "$work/callers" \
        --urls "http://127.0.0.1:$port"
}

start_peer() {
    server_folder="$work/peer"
    mkdir -p -- "$server_folder"
    start_on_free_port 'The peer' launch_peer port_is_open || fail "the peer did not start."
}

launch_peer() {
    NODE_ENV=production NODE_PATH="$peer_modules" start_group node "$here/peer/server.cjs" "$port" "${redis_address##*:}"
}

port_is_open() {
    { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null && exec 3>&-
}

# admin PATH [CURL OPTION...]: the data of an answer to the admin, as JSON.
admin() {
    curl -sS --fail --max-time 300 -H @"$work/admin.header" "${@:2}" "$app_url$1" | jq -c .data
}

# create_token: a new one; its public id is in token_id, the token in the file tokens.
create_token() {
    local answer
    answer=$(admin /flow/tokens -H 'Content-Type: application/json' -d @"$work/creation.json") || fail "no token could be made."
    token_id=$(jq -r .token_id <<<"$answer")
    jq -r .access_token <<<"$answer" >"$work/tokens"
    printf 'Authorization: Bearer %s\n' "$(<"$work/tokens")" >"$work/token.header"
}

# call_app PATH [CURL OPTION...]: one call of the token; prints the status.
call_app() {
    curl -s -o /dev/null -w '%{http_code}' --max-time 5 -X POST -H @"$work/token.header" "${@:2}" "$app_url$1" || true
}

remaining() {
    admin "/flow/tokens/$token_id/quota" | jq -r .remaining_quota
}

# waiting: how many changes wait for SQL; 1 if that is unknown.
waiting() {
    admin /flow/cache-write-pool/stats 2>/dev/null | jq -r '.sync_queue_len + .log_queue_len' || echo 1
}

# await_drained SECONDS: prints how long it took until nothing was pending; fails after that time.
await_drained() {
    local started=$EPOCHREALTIME deadline=$((SECONDS + $1)) left
    while true; do
        left=$(waiting)
        if [[ $left == 0 ]]; then
            since "$started"
            return 0
        elif ((SECONDS >= deadline)); then
            since "$started"
            return 1
        fi
        sleep 0.05
    done
}

since() {
    LC_ALL=C awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.2f", to - from }'
}

on_redis() {
    redis-cli -h 127.0.0.1 -p "${redis_address##*:}" "$@"
}

on_database() {
    mariadb --no-defaults --socket="$mariadb_socket" --user=root --batch --skip-column-names "$@" "$database"
}

# capture_calls: records with MONITOR the commands of calls. The EVALSHA of an admission goes into admission.call, an
# argument a line, and can be repeated: its script, keys and arguments are then the product's own. The last of several calls
# is taken, because under load the outboxes are not empty either.
capture_calls() {
    local calls="$work/monitor" call
    start_group redis-cli -h 127.0.0.1 -p "${redis_address##*:}" monitor >"$calls"
    local monitor=$started_pid
    until grep -q '^OK' "$calls"; do sleep 0.05; done
    for call in 1 2 3; do
        [[ $(call_app /flow/consume -H "X-Request-ID: seen-consume-$call") == 200 ]] || fail "a consume was refused."
        [[ $(call_app /flow/execute -H "X-Request-ID: seen-execute-$call" -H 'Content-Type: application/json' \
            -d @"$work/hello.json") == 200 ]] || fail "an execute was refused."
    done
    for call in $(seq 100); do
        grep -q 'EVALSHA.*seen-execute-3.*success' "$calls" && break
        sleep 0.05
    done
    sleep 0.1
    stop_groups "$monitor"

    grep 'EVALSHA.*"seen-consume-3"' "$calls" | head -n 1 | grep -o '"[^"]*"' | tr -d '"' | tail -n +2 >"$work/admission.call"
    [[ $(wc -l <"$work/admission.call") -gt 8 ]] || fail "no admission was seen in Redis."
    # Repeated for longer than a caller waits, so the deadline is moved far ahead. It is the fourth argument after the digest,
    # the key count and the keys.
    sed -i "$(($(sed -n 2p "$work/admission.call") + 6))s/.*/9007199254740991/" "$work/admission.call"
}

# record_costs: the costs of the captured calls in Redis.
record_costs() {
    record_cost consume 'EVALSHA.*"seen-consume-3"'
    record_cost execute 'EVALSHA.*seen-execute-3'
}

# record_cost NAME PATTERN: the commands that the scripts of a call ran, and the bytes that they put into the outbox.
record_cost() {
    awk -v pattern="$2" '
        $0 ~ pattern { inside = 1; scripts++; next }
        !/^[0-9.]+ \[[0-9]+ lua\]/ { inside = 0 }
        inside {
            commands++
            names[++count] = tolower($4)
            gsub(/"/, "", names[count])
            if ($4 == "\"RPUSH\"") {
                events++
                event = $0
                sub(/^[^{]*/, "", event); sub(/"$/, "", event); gsub(/\\"/, "\"", event)
                bytes += length(event)
            }
        }
        END {
            printf "{\"scripts\":%d,\"commands\":%d,\"events\":%d,\"event_bytes\":%d,\"names\":\"", scripts, commands, events, bytes
            for (i = 1; i <= count; i++) printf "%s%s", (i > 1 ? " " : ""), names[i]
            print "\"}"
        }' "$work/monitor" | jq -c --arg call "$1" '{kind: "cost", call: $call} + .' >>"$work/results"
}
