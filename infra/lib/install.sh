# shellcheck shell=bash
# shellcheck disable=SC2034 # The paths are for the scripts that source this.
# Sourced by servers.sh. Finds the servers that tests and benchmarks run against, and installs what is missing.
# Each require_* function sets the path of its server, or says in one line what to install and fails.

AZURITE_VERSION=3.37.0

# The packages for the tests of require, installed as an operator would. A new list needs a new name.
MODULES_VERSION=1
MODULES=(
    lodash@4.18.1 dayjs@1.11.23 xlsx@0.18.5 crypto-js@4.2.0 uuid@9.0.1 date-fns@4.4.0 papaparse@5.7.1 qs@6.17.1
    moment@2.31.0 validator@13.15.35 he@1.2.0 fast-xml-parser@5.12.1
)

redis_server=
mariadb_server=
mariadb_install_db=
azurite_queue=
nginx_server=
caddy_server=
haproxy_server=
modules_folder=
chromium=

# Everything that the tests need, in one go: the package list is read once.
require_all() {
    local missing=() name
    program redis-server >/dev/null && program redis-cli >/dev/null || missing+=(redis-server)
    program mariadbd >/dev/null && program mariadb-install-db >/dev/null && program mariadb >/dev/null || missing+=(mariadb-server)
    for name in nginx caddy haproxy chromium; do
        program "$name" >/dev/null || missing+=("$name")
    done
    if ((${#missing[@]} > 0)); then
        install_debian_packages "${missing[@]}" || return 1
    fi
    require_servers && require_gateways
}

require_servers() {
    require_redis && require_mariadb && require_azurite && require_chromium
}

require_redis() {
    if ! program redis-server >/dev/null || ! program redis-cli >/dev/null; then
        install_debian_packages redis-server || return 1
    fi
    redis_server=$(program redis-server)
}

require_mariadb() {
    if ! program mariadbd >/dev/null || ! program mariadb-install-db >/dev/null || ! program mariadb >/dev/null; then
        install_debian_packages mariadb-server || return 1
    fi
    mariadb_server=$(program mariadbd)
    mariadb_install_db=$(program mariadb-install-db)
}

require_azurite() {
    local folder="${XDG_CACHE_HOME:-$HOME/.cache}/flowquota/azurite/$AZURITE_VERSION"
    azurite_queue="$folder/node_modules/azurite/dist/src/queue/main.js"
    if ! command -v node >/dev/null; then
        echo "The queue tests need Node.js 20 or newer, for Azurite: please install it." >&2
        return 1
    fi
    if [[ ! -f $azurite_queue ]]; then
        install_npm_packages Azurite "$folder" "azurite@$AZURITE_VERSION" || return 1
    fi
}

require_gateways() {
    local name
    for name in nginx caddy haproxy; do
        if ! program "$name" >/dev/null; then
            install_debian_packages "$name" || return 1
        fi
    done
    nginx_server=$(program nginx)
    caddy_server=$(program caddy)
    haproxy_server=$(program haproxy)
}

# A browser, for the tests of the console.
require_chromium() {
    if ! program chromium >/dev/null; then
        install_debian_packages chromium || return 1
    fi
    chromium=$(program chromium)
}

require_modules() {
    modules_folder="${XDG_CACHE_HOME:-$HOME/.cache}/flowquota/modules/$MODULES_VERSION"
    if [[ ! -d $modules_folder/node_modules ]]; then
        install_npm_packages "Packages for code" "$modules_folder" "${MODULES[@]}" || return 1
    fi
}

# The path of a program. Servers are in sbin, which is not on every user's PATH.
program() {
    PATH="$PATH:/usr/local/sbin:/usr/sbin" type -P "$1"
}

install_debian_packages() {
    local log
    if can_install_packages; then
        echo "Installing the Debian packages $* ..."
        log=$(mktemp)
        if install_without_starting "$@" >"$log" 2>&1; then
            rm -f -- "$log"
            return 0
        fi
        tail -n 20 -- "$log" >&2
        rm -f -- "$log"
    fi
    echo "Missing, and could not be installed from here: please install them (apt-get install $*)." >&2
    return 1
}

can_install_packages() {
    type -P apt-get >/dev/null && as_root true 2>/dev/null
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo -n "$@"
    fi
}

# Installs the programs of the packages without starting their services, by Debian's policy-rc.d. If the machine has a policy
# already, that one holds.
# shellcheck disable=SC2016 # Expanded by the inner shell.
install_without_starting() {
    as_root env DEBIAN_FRONTEND=noninteractive bash -c '
        set -euo pipefail
        policy=/usr/sbin/policy-rc.d
        if [[ ! -e $policy ]]; then
            trap "rm -f $policy" EXIT
            printf "#!/bin/sh\nexit 101\n" >"$policy"
            chmod 755 "$policy"
        fi
        apt-get update -q
        apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
    ' install "$@"
}

# install_npm_packages WHAT FOLDER PACKAGE@VERSION...: installs beside its final place and then moves the whole folder. So an
# interrupted install is never used, and two at once do not mix.
install_npm_packages() {
    local what=$1 folder=$2 packages=("${@:3}") staging
    if ! command -v npm >/dev/null; then
        echo "$what: missing, and npm is not there to install them: please install npm." >&2
        return 1
    fi
    echo "$what: installing ${packages[*]} into $folder ..."
    mkdir -p -- "${folder%/*}"
    staging=$(mktemp -d "$folder.partial.XXXXXX")
    if ! run_group npm install --prefix "$staging" --no-audit --no-fund --ignore-scripts --loglevel=error \
        "${packages[@]}" >"$staging/npm.log" 2>&1; then
        tail -n 20 -- "$staging/npm.log" >&2
        rm -rf -- "$staging"
        echo "$what could not be installed: please run npm install --prefix $folder ${packages[*]}" >&2
        return 1
    fi
    if ! mv -T -- "$staging" "$folder" 2>/dev/null; then
        # Another run was first.
        rm -rf -- "$staging"
    fi
    [[ -d $folder/node_modules ]]
}
