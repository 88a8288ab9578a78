# shellcheck shell=bash
# shellcheck disable=SC2034 # The addresses are for the scripts that source this.
# Sourced. Private servers on free ports of 127.0.0.1, with their data in a folder of the caller's. stop_all_groups ends
# them. First call require_servers, or the require_* of each; each start_* returns when its server answers.

# shellcheck source-path=SCRIPTDIR source=processes.sh
source "${BASH_SOURCE[0]%/*}/processes.sh"
# shellcheck source-path=SCRIPTDIR source=install.sh
source "${BASH_SOURCE[0]%/*}/install.sh"

START_TIMEOUT_SECONDS=60

# The public account of every storage emulator: https://learn.microsoft.com/azure/storage/common/storage-use-azurite
AZURITE_KEY='Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

# The addresses for clients, set by start_redis, start_mariadb and start_azurite.
redis_address=
mysql_connection=
azurite_connection=

port=

# start_redis FOLDER [OPTION...]: append-only file as in production, no snapshots.
start_redis() {
    server_folder=$1
    server_options=("${@:2}")
    mkdir -p -- "$server_folder"
    start_on_free_port Redis launch_redis redis_answers || return 1
    redis_address="127.0.0.1:$port"
}

launch_redis() {
    start_group "$redis_server" --bind 127.0.0.1 --port "$port" --dir "$server_folder" \
        --appendonly yes --appendfsync everysec --save "" "${server_options[@]}"
}

# Checks the process id, because another server may listen on the same port.
redis_answers() {
    local info
    info=$(redis-cli -h 127.0.0.1 -p "$port" info server 2>/dev/null) || return 1
    [[ $info == *$'\n'"process_id:$started_pid"[[:space:]]* ]]
}

# start_mariadb FOLDER [OPTION...]: durable commits (the default) on a moderate buffer pool. The account in
# mysql_connection may create databases; root has no password, but only through the socket in the folder.
start_mariadb() {
    server_folder=$1
    server_options=("${@:2}")
    mariadb_socket="$server_folder/mysql.sock"
    mariadb_options=(--no-defaults)
    if ((EUID == 0)); then
        # Without an explicit user it refuses to run as root.
        mariadb_options+=(--user=root)
    fi
    mkdir -p -- "$server_folder/tmp"
    create_mariadb_data || return 1
    start_on_free_port MariaDB launch_mariadb mariadb_answers || return 1
    create_mariadb_account
}

create_mariadb_data() {
    local log="$server_folder/install.log"
    if ! run_group "$mariadb_install_db" "${mariadb_options[@]}" --datadir="$server_folder/data" \
        --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve >"$log" 2>&1; then
        echo "MariaDB could not make its data folder:" >&2
        tail -n 20 -- "$log" >&2
        return 1
    fi
}

launch_mariadb() {
    start_group "$mariadb_server" "${mariadb_options[@]}" --datadir="$server_folder/data" \
        --tmpdir="$server_folder/tmp" --pid-file="$server_folder/mariadbd.pid" --socket="$mariadb_socket" \
        --bind-address=127.0.0.1 --port="$port" --skip-name-resolve --character-set-server=utf8mb4 \
        --max-connections=500 --innodb-buffer-pool-size=256M "${server_options[@]}"
}

mariadb_answers() {
    run_sql <<<'SELECT 1' >/dev/null 2>&1
}

run_sql() {
    mariadb --no-defaults --socket="$mariadb_socket" --user=root --batch --skip-column-names
}

# Anonymous users would shadow the account for connections from this machine.
create_mariadb_account() {
    local password
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    run_sql <<SQL || return 1
DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');
FLUSH PRIVILEGES;
CREATE USER 'flowquota'@'%' IDENTIFIED BY '$password';
GRANT ALL PRIVILEGES ON *.* TO 'flowquota'@'%' WITH GRANT OPTION;
SQL
    mysql_connection="Server=127.0.0.1;Port=$port;User ID=flowquota;Password=$password"
}

# start_azurite FOLDER: the queue service only.
start_azurite() {
    server_folder=$1
    server_options=()
    mkdir -p -- "$server_folder"
    start_on_free_port Azurite launch_azurite azurite_answers || return 1
    azurite_connection="DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=$AZURITE_KEY;"
    azurite_connection+="QueueEndpoint=http://127.0.0.1:$port/devstoreaccount1;"
}

launch_azurite() {
    start_group node "$azurite_queue" --queueHost 127.0.0.1 --queuePort "$port" --location "$server_folder" \
        --skipApiVersionCheck --silent --disableTelemetry
}

# Checks its own output first, because another server may have taken the port.
azurite_answers() {
    local line
    grep -q 'successfully listens' "$server_folder/server.log" || return 1
    { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 1
    printf 'GET /devstoreaccount1?comp=list HTTP/1.0\r\n\r\n' >&3
    IFS= read -r -t 5 line <&3 || line=
    exec 3>&-
    [[ $line == HTTP/* ]]
}

# start_on_free_port NAME LAUNCH ANSWERS: a server that dies at once may have lost its port to another between the choice
# and the start, so it gets another port. One that neither dies nor answers is given up.
start_on_free_port() {
    local name=$1 launch=$2 answers=$3 log="$server_folder/server.log" attempt
    for attempt in 1 2 3; do
        choose_free_port
        "$launch" >"$log" 2>&1
        if await_answer "$answers"; then
            return 0
        fi
        if signal_group 0 "$started_pid"; then
            stop_groups "$started_pid"
            break
        fi
    done
    echo "$name did not start ($attempt tries); the end of its log:" >&2
    tail -n 20 -- "$log" >&2
    return 1
}

await_answer() {
    local answers=$1 deadline=$((SECONDS + START_TIMEOUT_SECONDS))
    until "$answers"; do
        if ((SECONDS >= deadline)) || ! signal_group 0 "$started_pid"; then
            return 1
        fi
        sleep 0.05
    done
}

# Below the range that systems use for outgoing connections, so that no other program takes the port of a server which a
# test stops and starts again.
choose_free_port() {
    while true; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            return 0
        fi
    done
}
