#!/usr/bin/env bash
# The one test command: starts private Redis, MariaDB and Azurite, runs FlowQuota.Tests against them and the gateways, stops them.
# A server that the environment names is used as it is.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source-path=SCRIPTDIR source=lib/servers.sh
source "$root/infra/lib/servers.sh"
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$root/infra/lib/functions.sh"

# Far above the time of any test; a test that hangs ends the run and is named.
hang_timeout=4m
LONG_HANG_TIMEOUT=60m

skip_servers=false
test_arguments=()
work=

usage() {
    cat <<'TEXT'
infra/test.sh [--skip-servers] [--long] [-- ARGUMENT...]

  --skip-servers  Start no server and skip the tests that need one. For a quick look; refused if CI=true.
  --long          Tests that draw at random or kill make many times their rounds: hours for all, so name some by a filter.
                  Also a cluster, a lagging replica and a restored database, which are left out without it or a filter.
  -- ARGUMENT...  Handed to dotnet test, for example: -- --filter FullyQualifiedName~Retention

Uses a server that runs already if one of these is set. The tests write to it and leave their data behind.
  FLOWQUOTA_TEST_REDIS    A StackExchange.Redis connection; a server for tests alone, started with --databases 10000.
  FLOWQUOTA_TEST_MYSQL    A MySqlConnector connection without a database; an account with all rights, 500 connections.
  FLOWQUOTA_TEST_AZURITE  A storage connection string.
Tests that kill a server start one of their own all the same: the redis-server and mariadbd that come first in PATH.

Ends with the line "N passed, N failed" (and ", N skipped"). Fails when a test failed, none ran, or the run broke off.
TEXT
}

fail() {
    echo "test.sh: $*" >&2
    exit 1
}

read_arguments() {
    while (($# > 0)); do
        case $1 in
            --skip-servers) skip_servers=true ;;
            --long)
                export FLOWQUOTA_TEST_LONG=1
                hang_timeout=$LONG_HANG_TIMEOUT
                ;;
            --help | -h) usage && exit 0 ;;
            --)
                test_arguments=("${@:2}")
                return
                ;;
            *) usage >&2 && exit 2 ;;
        esac
        shift
    done
}

refuse_skipping_in_ci() {
    if [[ $skip_servers == true && ${CI:-} == true ]]; then
        fail "--skip-servers is refused where CI=true: CI must run every test."
    fi
}

clean_up() {
    stop_all_groups
    if [[ -n $work ]]; then
        rm -rf -- "$work"
    fi
}

build_tests() {
    run_group dotnet build "$root/FlowQuota.Tests" -c Release --nologo -v quiet --disable-build-servers \
        || fail "FlowQuota.Tests does not build, so no test ran."
}

# The tests of the Functions worker start the built one.
build_worker() {
    build_functions "$root" || fail "FlowQuota.Functions does not build, so no test ran."
    if [[ -z $functions_missing ]]; then
        export FLOWQUOTA_TEST_FUNCTIONS=$root/FlowQuota.Functions/bin/Release/net10.0
        return
    fi
    export FLOWQUOTA_TEST_SKIP_FUNCTIONS="This package feed lacks $functions_missing."
    cat >&2 <<TEXT
**********************************************************************************
SKIPPED: every test of the Functions worker. This package feed lacks
$functions_missing.
This run proves nothing about FlowQuota in Azure.
**********************************************************************************
TEXT
}

# The tests of require use real packages.
install_modules() {
    if require_modules; then
        export FLOWQUOTA_TEST_MODULES=$modules_folder
        return
    fi
    export FLOWQUOTA_TEST_SKIP_MODULES="The packages from npm could not be installed."
    cat >&2 <<'TEXT'
**********************************************************************************
SKIPPED: every test of packages from npm, which could not be installed.
This run proves nothing about EXECUTE_MODULES with real packages.
**********************************************************************************
TEXT
}

start_servers() {
    if [[ -z ${FLOWQUOTA_TEST_REDIS:-} ]]; then
        # Each test takes a database number of its own.
        start_redis "$work/redis" --databases 10000 || fail "no test ran."
        export FLOWQUOTA_TEST_REDIS=$redis_address
    fi
    if [[ -z ${FLOWQUOTA_TEST_MYSQL:-} ]]; then
        # It is never killed, so it need not wait for the disk; the crash tests start a durable one of their own.
        start_mariadb "$work/mariadb" --debug-no-sync || fail "no test ran."
        export FLOWQUOTA_TEST_MYSQL=$mysql_connection
    fi
    if [[ -z ${FLOWQUOTA_TEST_AZURITE:-} ]]; then
        start_azurite "$work/azurite" || fail "no test ran."
        export FLOWQUOTA_TEST_AZURITE=$azurite_connection
    fi
    # For tests that kill and restart a server of their own.
    export FLOWQUOTA_TEST_REDIS_SERVER=$redis_server
    export FLOWQUOTA_TEST_MARIADB_SERVER=$mariadb_server
    export FLOWQUOTA_TEST_MARIADB_INSTALL_DB=$mariadb_install_db
    export FLOWQUOTA_TEST_AZURITE_QUEUE=$azurite_queue
    export FLOWQUOTA_TEST_NGINX=$nginx_server
    export FLOWQUOTA_TEST_CADDY=$caddy_server
    export FLOWQUOTA_TEST_HAPROXY=$haproxy_server
    export FLOWQUOTA_TEST_CHROMIUM=$chromium
}

announce_skipping() {
    export FLOWQUOTA_TEST_SKIP_SERVERS=1
    cat >&2 <<'TEXT'
**********************************************************************************
SKIPPED: every test that needs Redis, MariaDB, a storage queue or a browser (--skip-servers).
This run proves nothing about the stores, the drains or recovery after a crash.
**********************************************************************************
TEXT
}

run_tests() {
    if [[ ${FLOWQUOTA_TEST_LONG:-} != 1 ]] && ((${#test_arguments[@]} == 0)); then
        test_arguments=(--filter 'Category!=Long')
    fi
    run_group dotnet test "$root/FlowQuota.Tests" -c Release --no-build --nologo --disable-build-servers \
        --results-directory "$work/results" --logger 'trx;LogFileName=tests.trx' \
        --blame-hang-timeout "$hang_timeout" --blame-hang-dump-type none "${test_arguments[@]}"
}

# count NAME: a figure of the results file, 0 if the run broke off before it wrote one.
count() {
    local counters
    counters=$(grep -o '<Counters [^>]*>' "$work/results/tests.trx" 2>/dev/null) || counters=
    if [[ $counters =~ \ $1=\"([0-9]+)\" ]]; then
        echo "${BASH_REMATCH[1]}"
    else
        echo 0
    fi
}

# report STATUS: the last line, and the exit status of this script.
report() {
    local status=$1 passed failed skipped line
    passed=$(count passed)
    failed=$(($(count failed) + $(count error) + $(count timeout) + $(count aborted)))
    skipped=$(($(count total) - $(count executed)))
    if ((status != 0 && failed == 0)); then
        echo "test.sh: the test run broke off with status $status; that counts as a failure." >&2
        failed=1
    elif ((passed + failed == 0)); then
        echo "test.sh: no test ran." >&2
        status=1
    fi
    line="$passed passed, $failed failed"
    if ((skipped > 0)); then
        line+=", $skipped skipped"
    fi
    echo "$line"
    ((status == 0 && failed == 0))
}

main() {
    local status=0 installation
    read_arguments "$@"
    refuse_skipping_in_ci
    type -P dotnet >/dev/null || fail "the .NET SDK is missing: please install the version that global.json names."
    exit_on_signals clean_up
    work=$(mktemp -d "${TMPDIR:-/tmp}/flowquota-test.XXXXXX")
    if [[ $skip_servers == true ]]; then
        announce_skipping
    else
        # Beside the builds, because an installation mostly waits.
        start_group require_all
        installation=$started_pid
    fi
    build_tests
    build_worker
    install_modules
    if [[ $skip_servers == false ]]; then
        wait "$installation" || exit 1
        # Sets the paths.
        require_all || exit 1
        start_servers
    fi
    run_tests || status=$?
    report "$status"
}

main "$@"
