#!/bin/sh
# Saved sign-ins in a real keyring: GNOME Keyring on a session bus of its own, open and then locked.
# Needs gnome-keyring and dbus (Debian: apt-get install --no-install-recommends gnome-keyring dbus).
#
#   tests/rig/keyring.sh [PROGRAM]        target/debug/switchboard when absent
set -eu

program=$(realpath "${1:-target/debug/switchboard}")

if [ "${KEYRING_RIG:-}" != inside ]; then
    home=$(mktemp -d)
    trap 'rm -rf "$home"' EXIT
    chmod 700 "$home"
    KEYRING_RIG=inside HOME=$home XDG_DATA_HOME=$home/share XDG_RUNTIME_DIR=$home \
        dbus-run-session -- "$0" "$program"
    exit
fi

fails() { echo "FAILED: $1" >&2; exit 1; }
phone() { timeout 20 "$program" --data "$HOME/phone" "$@"; }
kept() { phone accounts --json | sed 's/.*"kept":"\([a-z]*\)".*/\1/'; }

printf 'rig' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
"$program" --data "$HOME/there" serve --listen 127.0.0.1:0 --tls-listen '' --media 127.0.0.1:0 --media-tcp '' \
    >"$HOME/ready" 2>"$HOME/log" &
service=$!
trap 'kill $service' EXIT
until grep -q '"ready"' "$HOME/ready"; do kill -0 $service || fails "$(cat "$HOME/log")"; sleep 0.1; done
http=$(sed 's/.*"http":"\([^"]*\)".*/\1/' "$HOME/ready")
echo 'correct horse' | "$program" --data "$HOME/there" admin user add alice --password-stdin

echo 'correct horse' | phone sign-in alice --server "$http" --password-stdin
[ "$(kept)" = keyring ] || fails "a new sign-in is not in the keyring"
grep -rq _token "$HOME/phone/users" && fails "a token is in a file"
phone whoami >/dev/null || fails "it can't be read back"
SWITCHBOARD_PHONE_KEEP=file phone whoami >/dev/null
[ "$(kept)" = file ] || fails "it did not move into the file"
SWITCHBOARD_PHONE_KEEP=keyring phone whoami >/dev/null
[ "$(kept)" = keyring ] || fails "it did not move into the keyring"

dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
begun=$(date +%s)
phone whoami 2>"$HOME/locked" && fails "a locked keyring was read"
grep -q locked "$HOME/locked" || fails "$(cat "$HOME/locked")"
echo 'correct horse' | phone sign-in alice --server "$http" --password-stdin 2>&1 | grep -q 'kept in a file' ||
    fails "with the keyring locked it is not in the file"
[ $(($(date +%s) - begun)) -lt 15 ] || fails "a locked keyring held it up"
phone whoami >/dev/null
phone sign-out
echo "the keyring is used, moved into and out of, and does without when it is locked"
