#!/bin/sh
# Runs a Python program of this folder with the packages it needs, in a place of their own: target/rig-venv.
#
#   python.sh mouth_to_ear.py ARGUMENTS
#
# The place is made on first use, and made anew when requirements.txt has changed. The system's Python stays as it is.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
venv=$(CDPATH='' cd -- "$here/../.." && pwd)/target/rig-venv

die() {
    printf '%s\n' "python.sh: $*" >&2
    exit 2
}

make() {
    command -v python3 >/dev/null || die "Python is missing: apt-get install python3 python3-venv python3-dev gcc"
    printf '%s\n' "python.sh: installing the packages of tests/rig/requirements.txt into target/rig-venv" >&2
    rm -rf "$venv"
    python3 -m venv "$venv" >&2 || die "no place for packages could be made: apt-get install python3-venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2 ||
        die "the packages could not be installed: see above. pesq needs a C compiler: apt-get install gcc python3-dev"
    cp "$here/requirements.txt" "$venv/made-from"
}

[ $# -ge 1 ] || {
    sed -n '2,6p' "$0" >&2
    exit 2
}
# The note of what it was made from comes last, so one that was interrupted is made anew.
cmp -s "$here/requirements.txt" "$venv/made-from" || make
program=$1
shift
exec "$venv/bin/python" "$here/$program" "$@"
