# shellcheck shell=bash
# shellcheck disable=SC2154 # Shared with bench.sh and the other parts.
# Sourced by bench.sh. How far a run is, and how long it may still take.

# The seconds that each step takes about, in the order of the steps; those that are done, in the present step or before.
plan=()
planned_done=0
step_number=0
plan_started=
planned_warm_seconds=

# make_plan: what read_arguments decided, in seconds. What is beside the measurements is a guess for two cores; the time left is
# corrected by how long the steps before have taken. A round warms up in less than planned_warm_seconds.
make_plan() {
    local beside=3 tokens=0 count
    for count in "${matrix_tokens[@]}"; do ((tokens += count)); done
    plan=(
        40                                                                                                         # build
        $((floor_seconds * 3 / 2 + 15))                                                                            # a
        $((RUNS_A_ROUND * (warm_seconds + ROUND_WARM_SECONDS + beside + rounds * (round_seconds + ROUND_WARM_SECONDS + beside)))) # b to e
        $((warm_seconds + beside))                                                                                 # warming up
        $((warm_seconds + run_seconds + 2 * beside))                                                               # d
        $((warm_seconds + run_seconds + 2 * beside))                                                               # e
        $((warm_seconds + run_seconds + 2 * beside))                                                               # f
        $((paused_warm_seconds + paused_seconds + 5 * beside))                                                     # g
        $((3 * ${#matrix_tokens[@]} * (matrix_seconds + beside) + tokens / 500))                                   # tokens and connections
        $((backlog_events / 15000 + 5 * beside))                                                                   # backlog
        $((5 * beside))                                                                                            # cold start
        $((old_rows * 3 / 20000 + 5 * beside))                                                                     # cleanup
    )
    plan_started=$EPOCHSECONDS
    planned_warm_seconds=$warm_seconds
}

# step NAME: announces the next step of the plan.
step() {
    local i
    planned_done=0
    for ((i = 0; i < step_number; i++)); do ((planned_done += plan[i])); done
    ((++step_number))
    echo "== $* (step $step_number of ${#plan[@]}, $(time_left))"
}

# advance SECONDS: so many of the present step's planned seconds are done.
advance() {
    ((planned_done += $1))
}

time_left() {
    local seconds total=0 took=$((EPOCHSECONDS - plan_started)) part
    for part in "${plan[@]}"; do ((total += part)); done
    seconds=$((total > planned_done ? total - planned_done : 0))
    # The first minute says little about the rest.
    if ((took > 60 && planned_done > 0)); then
        seconds=$((seconds * took / planned_done))
    fi
    if ((seconds < 90)); then
        echo "about $seconds s left"
    else
        echo "about $(((seconds + 30) / 60)) min left"
    fi
}
