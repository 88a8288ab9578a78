#!/usr/bin/env bash
# Makes docs/console.png, the picture in the README: fills a self-host of its own and captures a token in the console.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source-path=SCRIPTDIR source=lib/servers.sh
source "$root/infra/lib/servers.sh"

PLAYWRIGHT_VERSION=1.65.1
admin_token=screenshot-admin-token-0123456789
work=

fail() {
    echo "screenshot.sh: $*" >&2
    exit 1
}

clean_up() {
    stop_all_groups
    if [[ -n $work ]]; then
        rm -rf -- "$work"
    fi
}

# The picture needs these fonts: Inter, and Noto for Chinese.
require_fonts() {
    local package
    for package in fonts-inter fonts-noto-cjk; do
        dpkg -s "$package" >/dev/null 2>&1 || install_debian_packages "$package" || return 1
    done
}

require_playwright() {
    playwright_folder="${XDG_CACHE_HOME:-$HOME/.cache}/flowquota/playwright/$PLAYWRIGHT_VERSION"
    if [[ ! -d $playwright_folder/node_modules ]]; then
        install_npm_packages Playwright "$playwright_folder" "playwright-core@$PLAYWRIGHT_VERSION"
    fi
}

launch_app() {
    FLOWQUOTA_DATA_DIR=$work/data ADMIN_TOKEN=$admin_token FLOW_TIME_ZONE=Europe/Berlin \
        start_group dotnet "$root/FlowQuota.SelfHost/bin/Release/net10.0/FlowQuota.SelfHost.dll" --urls "http://127.0.0.1:$port"
}

app_answers() {
    curl -sf "http://127.0.0.1:$port/health" >/dev/null
}

main() {
    exit_on_signals clean_up
    work=$(mktemp -d "${TMPDIR:-/tmp}/flowquota-screenshot.XXXXXX")
    require_chromium && require_fonts && require_playwright || fail "no picture was taken."
    run_group dotnet build "$root/FlowQuota.SelfHost" -c Release --nologo -v quiet --disable-build-servers || fail "FlowQuota.SelfHost does not build."
    # shellcheck disable=SC2034 # start_on_free_port writes the log there.
    server_folder=$work
    start_on_free_port FlowQuota launch_app app_answers || fail "no picture was taken."
    CHROMIUM=$chromium PLAYWRIGHT=$playwright_folder/node_modules/playwright-core/index.mjs \
        run_group node "$root/infra/screenshot/shoot.mjs" "http://127.0.0.1:$port" "$admin_token" "$root/docs/console.png"
    echo "docs/console.png: $(stat -c %s "$root/docs/console.png") bytes"
}

main "$@"
