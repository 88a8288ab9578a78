# shellcheck shell=bash
# Sourced. Processes that a script starts and stops again by process id.
#
# Each is the leader of a process group of its own. So a Ctrl-C in the terminal reaches the script alone, which then stops
# the rest in order, children of children (test hosts, servers that a test started) included.

STOP_GRACE_SECONDS=15

started_groups=()
started_pid=

# start_group COMMAND...: starts it in the background, with the redirections of the call; its id is in started_pid.
start_group() {
    set -m
    "$@" </dev/null &
    started_groups+=("$!")
    set +m
    started_pid=${started_groups[-1]}
}

# run_group COMMAND...: runs it to its end and returns its status. Unlike a plain foreground command it does not
# hold up the script's own signal traps.
run_group() {
    local status=0
    start_group "$@"
    wait "$started_pid" || status=$?
    return "$status"
}

# stop_groups ID...: asks all of them at once to end, and kills those that have not ended in time.
stop_groups() {
    local id deadline=$((SECONDS + STOP_GRACE_SECONDS))
    for id in "$@"; do
        signal_group TERM "$id" || continue
    done
    for id in "$@"; do
        while signal_group 0 "$id"; do
            if ((SECONDS >= deadline)); then
                signal_group KILL "$id" || break
                break
            fi
            sleep 0.05
        done
        # Its exit status does not matter, because it was stopped.
        wait "$id" 2>/dev/null || continue
    done
}

# signal_group SIGNAL ID: fails when no process of the group is left. To kill, group 1 is every process of the machine.
signal_group() {
    ((${2:-0} > 1)) && kill -s "$1" -- "-$2" 2>/dev/null
}

stop_all_groups() {
    if ((${#started_groups[@]} > 0)); then
        stop_groups "${started_groups[@]}"
        started_groups=()
    fi
}

# exit_on_signals FUNCTION: FUNCTION runs once, however the script ends.
exit_on_signals() {
    # A second Ctrl-C must not cut the clean-up short.
    # shellcheck disable=SC2064 # The name is meant to be filled in now.
    trap "trap '' HUP INT TERM; $1" EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
