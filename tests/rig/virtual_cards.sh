#!/bin/sh
# Two virtual sound cards, A and B, for machines without any: see README.md beside this file.
#
#   virtual_cards.sh start                 starts them
#   virtual_cards.sh env CARD              prints NAME=VALUE lines: a program started with these has CARD as its default card
#   virtual_cards.sh feed CARD FILE.wav    plays a file into the microphone of CARD
#   virtual_cards.sh record FILE.wav SECONDS   records A's microphone, A's speaker, B's microphone, B's speaker as four channels
#   virtual_cards.sh stop                  stops them
#
# A PulseAudio server of its own carries one four-channel sink, the tape: each microphone and each speaker is one of its
# channels. So a recording of the tape holds all four at the same instants, and the delay between a microphone and a
# speaker is their distance on it. The system's own sound settings are neither read nor changed.
set -eu

folder=${TMPDIR:-/tmp}/switchboard-cards-$(id -u)
socket=$folder/native
rate=48000
channels=front-left,front-right,rear-left,rear-right

die() {
    printf '%s\n' "virtual cards: $*" >&2
    exit 1
}

client_settings() {
    export XDG_RUNTIME_DIR="$folder/run" HOME="$folder/home"
    export PULSE_SERVER="unix:$socket" PULSE_CLIENTCONFIG="$folder/client.conf" PULSE_COOKIE="$folder/cookie"
}

running() { # running NAME: whether the process noted in NAME.pid runs
    [ -s "$folder/$1.pid" ] && kill -0 "$(cat "$folder/$1.pid")" 2>/dev/null
}

check_tools() {
    for tool in pulseaudio pactl parec paplay; do
        command -v "$tool" >/dev/null || die "$tool is missing: apt-get install pulseaudio pulseaudio-utils libasound2-plugins"
    done
    for plugin in /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so /usr/lib*/alsa-lib/libasound_module_pcm_pulse.so; do
        [ ! -e "$plugin" ] || return 0
    done
    die "ALSA's way to PulseAudio is missing: apt-get install libasound2-plugins"
}

write_settings() {
    mkdir -p "$folder/run" "$folder/home"
    chmod 700 "$folder" "$folder/run"
    cat >"$folder/client.conf" <<TEXT
autospawn = no
default-server = unix:$socket
enable-shm = no
TEXT
    cat >"$folder/server.pa" <<TEXT
load-module module-native-protocol-unix socket=$socket auth-anonymous=1 auth-cookie-enabled=0
load-module module-null-sink sink_name=tape rate=$rate channels=4 channel_map=$channels format=s16le
TEXT
    for card in "A front-left front-right" "B rear-left rear-right"; do
        # Three words: the name, the channel of the microphone, the channel of the speaker.
        # shellcheck disable=SC2086
        set -- $card
        cat >>"$folder/server.pa" <<TEXT
load-module module-remap-sink sink_name=$1_feed master=tape channels=1 channel_map=mono master_channel_map=$2 remix=no
load-module module-remap-sink sink_name=$1_speaker master=tape channels=1 channel_map=mono master_channel_map=$3 remix=no
load-module module-remap-source source_name=$1_microphone master=tape.monitor channels=1 channel_map=mono master_channel_map=$2 remix=no
TEXT
        cat >"$folder/$1.conf" <<TEXT
</usr/share/alsa/alsa.conf>
pcm.!default {
  type asym
  playback.pcm { type pulse server "unix:$socket" device "$1_speaker" }
  capture.pcm { type pulse server "unix:$socket" device "$1_microphone" }
  hint { show on description "Virtual card $1" }
}
ctl.!default { type pulse server "unix:$socket" }
TEXT
    done
}

start() {
    check_tools
    running server && return
    write_settings
    rm -f "$socket"
    client_settings
    pulseaudio -n -F "$folder/server.pa" --daemonize=no --exit-idle-time=-1 --use-pid-file=no --disallow-exit=yes \
        --disable-shm=yes --realtime=no --high-priority=no --log-target="file:$folder/server.log" \
        >/dev/null 2>&1 </dev/null &
    echo $! >"$folder/server.pid"
    tries=0
    until pactl info >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -le 100 ] || die "PulseAudio did not start: see $folder/server.log"
        sleep 0.1
    done
    # Without a listener in a hurry a null sink works two seconds ahead, and the first program would wait for those.
    parec --latency-msec=10 --device=tape.monitor --rate=$rate --format=s16le --channels=4 --channel-map=$channels --raw \
        >/dev/null 2>&1 </dev/null &
    echo $! >"$folder/keeper.pid"
    sleep 2.2
}

stop() {
    for name in keeper server; do
        if running "$name"; then
            kill "$(cat "$folder/$name.pid")"
        fi
    done
    while running server; do
        sleep 0.1
    done
    rm -rf "$folder"
}

card() {
    case ${1:-} in
    A | B) printf %s "$1" ;;
    *) die "the cards are called A and B" ;;
    esac
}

need_running() { running server || die "not started"; }

case ${1:-} in
start) start ;;
stop) stop ;;
env)
    # Named twice: some systems make PulseAudio's own default the default of ALSA, whatever the file says.
    name=$(card "${2:-}")
    printf '%s\n' "ALSA_CONFIG_PATH=$folder/$name.conf" "PULSE_CLIENTCONFIG=$folder/client.conf" \
        "PULSE_SINK=${name}_speaker" "PULSE_SOURCE=${name}_microphone"
    ;;
feed)
    need_running
    client_settings
    exec paplay --latency-msec=20 --device="$(card "${2:-}")_feed" "${3:?a WAV file}"
    ;;
record)
    need_running
    client_settings
    # It ends at the signal, with its file complete; the code of `timeout` then is 124.
    timeout -s INT "${3:?seconds}" parec --latency-msec=10 --device=tape.monitor --rate=$rate --format=s16le --channels=4 \
        --channel-map=$channels --file-format=wav "${2:?a WAV file}" || [ $? = 124 ]
    ;;
*)
    sed -n '2,9p' "$0" >&2
    exit 2
    ;;
esac
