#!/bin/sh
# Installs the official ACS SDKs, at the versions of requirements.txt and package-lock.json, and what tries our own REST
# against its OpenAPI document, at those of api-requirements.txt, into places of their own: target/sdk/python,
# target/sdk/node and target/sdk/api. They are made on first use, and made anew when those files have changed. The system's
# own packages stay as they are. Asks the package registries (PyPI, npm) when there is something to install.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
sdk=$(CDPATH='' cd -- "$here/../.." && pwd)/target/sdk

die() {
    printf '%s\n' "prepare.sh: $*" >&2
    exit 2
}

# The packages of file $2, into place $1.
python() {
    command -v python3 >/dev/null || die "Python is missing: apt-get install python3 python3-venv, or ./dev test"
    rm -rf "${sdk:?}/$1"
    mkdir -p "$sdk"
    python3 -m venv "$sdk/$1" >&2 || die "no place for packages could be made: apt-get install python3-venv, or ./dev test"
    "$sdk/$1/bin/pip" install --quiet --disable-pip-version-check -r "$here/$2" >&2 ||
        die "the packages of tests/sdk/$2 could not be installed: see above"
    cp "$here/$2" "$sdk/$1/made-from"
}

node() {
    command -v node >/dev/null || die "Node is missing: apt-get install nodejs npm, or ./dev test"
    command -v npm >/dev/null || die "npm is missing: apt-get install npm, or ./dev test"
    rm -rf "$sdk/node"
    mkdir -p "$sdk/node"
    cp "$here/package.json" "$here/package-lock.json" "$sdk/node"
    (cd "$sdk/node" && npm ci --silent --no-audit --no-fund --ignore-scripts >&2) ||
        die "the packages of tests/sdk/package-lock.json could not be installed: see above"
    cp "$here/package-lock.json" "$sdk/node/made-from"
}

# The note of what it was made from comes last, so one that was interrupted is made anew.
cmp -s "$here/requirements.txt" "$sdk/python/made-from" || python python requirements.txt
cmp -s "$here/api-requirements.txt" "$sdk/api/made-from" || python api api-requirements.txt
cmp -s "$here/package-lock.json" "$sdk/node/made-from" || node
