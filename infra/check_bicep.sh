#!/usr/bin/env bash
# Compiles and lints the Bicep files with the pinned version of the compiler; a warning fails. Needs no sign-in.
set -euo pipefail

BICEP_VERSION=0.49.2
PACKAGE=Azure.Bicep.CommandLine.linux-x64

infra=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
work=
bicep=

clean_up() {
    if [[ -n $work ]]; then
        rm -rf -- "$work"
    fi
}

# The compiler comes as a package, so that it needs no source other than the package feed.
fetch_bicep() {
    local packages
    cat >"$work/bicep.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
  </PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="$PACKAGE" Version="[$BICEP_VERSION]" />
  </ItemGroup>
</Project>
XML
    dotnet restore "$work/bicep.csproj" -v quiet --disable-build-servers
    packages=$(dotnet nuget locals global-packages --list)
    bicep="${packages#*: }"
    bicep="${bicep%/}/${PACKAGE,,}/$BICEP_VERSION/tools/bicep"
    chmod u+x "$bicep"
}

# compile COMMAND FILE: fails on a warning, which the compiler itself allows.
compile() {
    local messages
    if ! messages=$("$bicep" "$1" "$infra/$2" --stdout 2>&1 >"$work/out.json") || [[ -n $messages ]]; then
        echo "$messages" | sort -u >&2
        return 1
    fi
    [[ -s $work/out.json ]]
    echo "infra/$2: no warnings"
}

trap clean_up EXIT
work=$(mktemp -d "${TMPDIR:-/tmp}/flowquota-bicep.XXXXXX")
fetch_bicep

# Parameters are checked against the rules of the template; these are no secrets.
export FLOWQUOTA_ADMIN_TOKEN=only-to-compile-0123456789
export FLOWQUOTA_TOKEN_PEPPER=only-to-compile-0123456789-0123456789
export FLOWQUOTA_MYSQL_ADMIN_PASSWORD=only-to-compile

compile build main.bicep
compile build-params dev.bicepparam
compile build-params prod.bicepparam
