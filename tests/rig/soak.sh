#!/bin/sh
# Two phones in a call over two virtual cards, while cards and phones are stopped and started under them; see soak.py.
#
#   soak.sh [MINUTES] [--screens] [--keep FOLDER] [--program FILE]
#
# Builds the program as people run it, unless one is given. Ends with 0 only if the call was unharmed.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)

command -v python3 >/dev/null || {
    echo "soak.sh: Python is missing: apt-get install python3" >&2
    exit 2
}
for argument in "$@"; do
    case $argument in
    --program | --program=* | -h | --help) given=yes ;;
    esac
done
if [ "${given:-}" != yes ]; then
    cargo build --locked --release --manifest-path "$root/Cargo.toml"
    set -- "$@" --program "${CARGO_TARGET_DIR:-$root/target}/release/switchboard"
fi
exec python3 "$here/soak.py" "$@"
