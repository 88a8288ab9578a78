# shellcheck shell=bash
# Sourced. Builds FlowQuota.Functions; some package feeds lack its packages.

# shellcheck source-path=SCRIPTDIR source=processes.sh
source "${BASH_SOURCE[0]%/*}/processes.sh"

# The packages that the feed lacks; set by build_functions, empty = none.
functions_missing=

# build_functions ROOT: sets functions_missing and succeeds if the feed lacks packages; fails if the build does.
build_functions() {
    local root=$1 log
    log=$(mktemp)
    functions_missing=
    if run_group dotnet restore "$root/FlowQuota.Functions" -v quiet --disable-build-servers >"$log" 2>&1; then
        rm -f -- "$log"
        # Its own project is as strict as the others; the project that the worker's SDK generates for the host is not ours.
        run_group dotnet build "$root/FlowQuota.Functions" -c Release --no-restore --nologo -v quiet \
            --disable-build-servers -clp:ErrorsOnly
        return
    fi
    if only_packages_are_missing "$log"; then
        functions_missing=$(missing_packages "$log")
        rm -f -- "$log"
        return 0
    fi
    cat -- "$log" >&2
    rm -f -- "$log"
    return 1
}

# NU1101 and NU1102: the feed does not have the package, or not the version.
only_packages_are_missing() {
    grep -q 'error NU110[12]:' "$1" && ! grep 'error' "$1" | grep -qv 'error NU110[12]:'
}

missing_packages() {
    sed -n 's/.*error NU110[12]: Unable to find package \([A-Za-z0-9_.-]*[A-Za-z0-9]\).*/\1/p' "$1" \
        | sort -u | paste -sd, - | sed 's/,/, /g'
}
