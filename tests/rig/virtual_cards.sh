#!/bin/sh
# Two virtual sound cards, A and B, for machines without any: see README.md beside this file.
#
#   virtual_cards.sh start                 starts them
#   virtual_cards.sh env CARD              prints NAME=VALUE lines: a program started with these has CARD as its default card,
#                                          and Switchboard has it by its name
#   virtual_cards.sh feed CARD FILE.wav    plays a file into the microphone of CARD
#   virtual_cards.sh record FILE.wav SECONDS   records A's microphone, A's speaker, B's microphone, B's speaker as four channels
#   virtual_cards.sh tape                  writes the same to standard output for as long as it runs: 16 bits, 48 kHz, no header
#   virtual_cards.sh unplug CARD           takes CARD away: programs that use it see it go
#   virtual_cards.sh plug CARD             brings it back
#   virtual_cards.sh echo CARD DB|off      lets the microphone of CARD hear its speaker, DB louder (-10: softer), or no more
#   virtual_cards.sh restart               ends the sound server under whoever uses it, and starts it again at the same place
#   virtual_cards.sh status                says which cards are there; fails when none are
#   virtual_cards.sh stop                  stops them
#
# environment:
#   VCARDS_DIR    where all of it is kept (its own folder for each user, otherwise): with several, several run side by side
#
# A PulseAudio server of its own carries one four-channel sink, the tape: each microphone and each speaker is one of its
# channels. So a recording of the tape holds all four at the same instants, and the delay between a microphone and a
# speaker is their distance on it. The system's own sound settings are neither read nor changed.
#
# The server has two sockets: one for this script, and one for the programs under test that is there only while the cards
# work at their pace.
set -eu

folder=${VCARDS_DIR:-${TMPDIR:-/tmp}/switchboard-cards-$(id -u)}
control=$folder/control
socket=$folder/native
rate=48000
channels=front-left,front-right,rear-left,rear-right

die() {
    printf '%s\n' "virtual cards: $*" >&2
    exit 1
}

client_settings() {
    unset XDG_CONFIG_HOME
    export XDG_RUNTIME_DIR="$folder/run" HOME="$folder/home"
    export PULSE_SERVER="unix:$control" PULSE_CLIENTCONFIG="$folder/client.conf" PULSE_COOKIE="$folder/cookie"
}

running() { # running NAME: whether the process noted in NAME.pid runs
    [ -s "$folder/$1.pid" ] && kill -0 "$(cat "$folder/$1.pid")" 2>/dev/null
}

check_tools() {
    for tool in pulseaudio pactl pacmd parec paplay; do
        command -v "$tool" >/dev/null || die "$tool is missing: apt-get install pulseaudio pulseaudio-utils libasound2-plugins"
    done
    # The path of a socket has 108 bytes at the most, its end included.
    [ ${#control} -lt 108 ] || die "$folder is too long a name for a folder with a socket in it"
    for plugin in /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so /usr/lib*/alsa-lib/libasound_module_pcm_pulse.so; do
        [ ! -e "$plugin" ] || return 0
    done
    die "ALSA's way to PulseAudio is missing: apt-get install libasound2-plugins"
}

# ---- settings -----------------------------------------------------------------------------------------------------

write_settings() {
    mkdir -p "$folder/run" "$folder/home/.config/pulse"
    chmod 700 "$folder" "$folder/run"
    # A card that goes takes its streams with it, instead of leaving them to another.
    echo "rescue-streams = no" >"$folder/home/.config/pulse/daemon.conf"
    cat >"$folder/client.conf" <<TEXT
autospawn = no
default-server = unix:$socket
enable-shm = no
TEXT
    cat >"$folder/server.pa" <<TEXT
load-module module-native-protocol-unix socket=$control auth-anonymous=1 auth-cookie-enabled=0
load-module module-cli-protocol-unix
load-module module-null-sink sink_name=tape rate=$rate channels=4 channel_map=$channels format=s16le
TEXT
    for card in A B; do
        printf 'load-module %s\n' "$(feed_module "$card")" "$(speaker_module "$card")" "$(microphone_module "$card")" \
            >>"$folder/server.pa"
        write_alsa_settings "$card"
    done
}

channel() { # channel CARD microphone|speaker: its channel of the tape
    case $1:$2 in
    A:microphone) echo front-left ;;
    A:speaker) echo front-right ;;
    B:microphone) echo rear-left ;;
    B:speaker) echo rear-right ;;
    esac
}

# What is fed into a microphone goes onto the tape; the microphone hears it where it is fed, at the same moment. From the
# tape it would come in pieces of a few samples, cut wherever one of the four channels begins another block: a program then
# spends more time on collecting them than any real card asks of it.
feed_module() { sink_module "$1_feed" "$(channel "$1" microphone)"; }

speaker_module() { sink_module "$1_speaker" "$(channel "$1" speaker)"; }

sink_module() {
    echo "module-remap-sink sink_name=$1 master=tape channels=1 channel_map=mono master_channel_map=$2 remix=no"
}

microphone_module() {
    echo "module-remap-source source_name=$1_microphone master=$1_feed.monitor channels=1 channel_map=mono remix=no"
}

# The card is the default; both have names, too, for programs that change between them.
write_alsa_settings() {
    {
        echo "</usr/share/alsa/alsa.conf>"
        alsa_card '!default' "$1"
        alsa_card cardA A
        alsa_card cardB B
        echo "ctl.!default { type pulse server \"unix:$socket\" }"
    } >"$folder/$1.conf"
}

alsa_card() { # alsa_card NAME CARD
    cat <<TEXT
pcm.$1 {
  type asym
  playback.pcm { type pulse server "unix:$socket" device "$2_speaker" }
  capture.pcm { type pulse server "unix:$socket" device "$2_microphone" }
  hint { show on description "Virtual card $2" }
}
TEXT
}

# ---- the server ---------------------------------------------------------------------------------------------------

start() {
    check_tools
    running server && return
    write_settings
    start_server
}

start_server() {
    rm -f "$control" "$socket"
    client_settings
    pulseaudio -n -F "$folder/server.pa" --daemonize=no --exit-idle-time=-1 --use-pid-file=yes --disallow-exit=yes \
        --disable-shm=yes --realtime=no --high-priority=no --log-target="file:$folder/server.log" \
        >/dev/null 2>&1 </dev/null &
    echo $! >"$folder/server.pid"
    tries=0
    until pactl info >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! running server; then
            die "PulseAudio did not start: see $folder/server.log"
        fi
        sleep 0.1
    done
    # Without a listener in a hurry a null sink works two seconds ahead, and the first program would wait for those.
    tape >/dev/null 2>&1 </dev/null &
    echo $! >"$folder/keeper.pid"
    sleep 2.2
    pactl load-module module-native-protocol-unix socket="$socket" auth-anonymous=1 auth-cookie-enabled=0 >/dev/null
}

stop_server() {
    for name in keeper server; do
        if running "$name"; then
            kill "$(cat "$folder/$name.pid")" 2>/dev/null || true
        fi
    done
    tries=0
    while running server; do
        tries=$((tries + 1))
        # One that does not end at a signal would hold its socket for ever.
        [ "$tries" -ne 50 ] || kill -9 "$(cat "$folder/server.pid")" 2>/dev/null || true
        sleep 0.1
    done
}

# Only what is ours: the folder may be one that others gave us.
stop() {
    stop_server
    rm -rf "${folder:?}/run" "${folder:?}/home"
    rm -f "$control" "$socket" "$folder/cookie" "$folder/server.pid" "$folder/keeper.pid" "$folder/server.log" \
        "$folder/server.pa" "$folder/client.conf" "$folder/A.conf" "$folder/B.conf"
    rmdir "$folder" 2>/dev/null || true
}

# ---- cards that come and go ---------------------------------------------------------------------------------------

# What is loaded, a line each: its number, its name, its settings.
modules() { pactl list short modules | tr '\t' ' '; }

unload() { # unload SETTING: every module that has it
    for number in $(modules | sed -n "s/^\([0-9]*\) .* $1 .*/\1/p"); do
        # One that went with the module before it is gone all the same.
        pactl unload-module "$number" 2>/dev/null || true
    done
}

is_plugged() { modules | grep -q " sink_name=$1_speaker "; }

# The server would move who uses the card to another. For speakers a setting forbids it; for microphones there is none.
unplug() {
    unload "sink=$1_feed source=$1_speaker.monitor"
    unload "sink_name=$1_speaker"
    microphone=$(pactl list short sources | sed -n "s/^\([0-9]*\)\t$1_microphone\t.*/\1/p")
    listeners=$(pactl list short source-outputs | sed -n "s/^\([0-9]*\)\t${microphone:-none}\t.*/\1/p")
    unload "source_name=$1_microphone"
    for listener in $listeners; do
        pacmd kill-source-output "$listener" >/dev/null
    done
}

plug() {
    ! is_plugged "$1" || return 0
    # Splitting the settings is the intention.
    # shellcheck disable=SC2046
    pactl load-module $(speaker_module "$1") >/dev/null
    # shellcheck disable=SC2046
    pactl load-module $(microphone_module "$1") >/dev/null
}

# The loudness of a stream of PulseAudio is cubic: 60 dB for a factor of ten.
echo_path() { # echo_path CARD DB|off
    unload "sink=$1_feed source=$1_speaker.monitor"
    [ "$2" != off ] || return 0
    volume=$(awk -v db="$2" 'BEGIN { if (db !~ /^-?[0-9.]+$/ || db > 0 || db < -60) exit 1; printf "%d", 65536 * exp(db / 60 * log(10)) }') ||
        die "how loud the echo is, is a number of dB from -60 to 0, or off"
    number=$(pactl load-module module-loopback sink="$1_feed" source="$1_speaker.monitor" latency_msec=40 adjust_time=0 \
        source_dont_move=yes sink_dont_move=yes)
    stream=$(pactl list short sink-inputs | tr '\t' ' ' | while read -r stream rest; do
        pactl list sink-inputs | sed -n "/^Sink Input #$stream\$/,/^\$/p" | grep -q "Owner Module: $number\$" && echo "$stream"
    done)
    pactl set-sink-input-volume "$stream" "$volume"
}

status() {
    need_running
    client_settings
    for card in A B; do
        is_plugged "$card" && echo "$card: there" || echo "$card: unplugged"
    done
}

# ---- sound --------------------------------------------------------------------------------------------------------

tape() {
    exec parec --latency-msec=10 --device=tape.monitor --rate=$rate --format=s16le --channels=4 --channel-map=$channels --raw
}

record() { # record FILE SECONDS
    # It ends at the signal, with its file complete; the code of `timeout` then is 124.
    timeout -s INT "$2" parec --latency-msec=10 --device=tape.monitor --rate=$rate --format=s16le --channels=4 \
        --channel-map=$channels --file-format=wav "$1" || [ $? = 124 ]
}

card() {
    case ${1:-} in
    A | B) printf %s "$1" ;;
    *) die "the cards are called A and B" ;;
    esac
}

need_running() { running server || die "not started"; }

verb=${1:-}
case $verb in
start | env | stop | status) ;;
feed | record | tape | unplug | plug | echo | restart)
    need_running
    client_settings
    ;;
*)
    sed -n '2,19p' "$0" >&2
    exit 2
    ;;
esac
case $verb in
start) start ;;
stop) stop ;;
status) status ;;
restart)
    stop_server
    start_server
    ;;
env)
    # Named twice: some systems make PulseAudio's own default the default of ALSA, whatever the file says.
    name=$(card "${2:-}")
    printf '%s\n' "ALSA_CONFIG_PATH=$folder/$name.conf" "PULSE_CLIENTCONFIG=$folder/client.conf" \
        "PULSE_SINK=${name}_speaker" "PULSE_SOURCE=${name}_microphone"
    # Two phones that both use `default` look like two on one card, of which the second begins with its microphone off.
    printf '%s\n' "SWITCHBOARD_PHONE_MICROPHONE=device:card$name" "SWITCHBOARD_PHONE_SPEAKER=device:card$name"
    ;;
feed)
    name=$(card "${2:-}")
    exec paplay --latency-msec=20 --device="${name}_feed" "${3:?a WAV file}"
    ;;
record) record "${2:?a WAV file}" "${3:?seconds}" ;;
tape) tape ;;
unplug)
    name=$(card "${2:-}")
    unplug "$name"
    ;;
plug)
    name=$(card "${2:-}")
    plug "$name"
    ;;
echo)
    name=$(card "${2:-}")
    echo_path "$name" "${3:?how loud, or off}"
    ;;
esac
