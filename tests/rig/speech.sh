#!/bin/sh
# Human speech to measure with: 48 kHz, one channel, 16 bits.
#
#   speech.sh OUT.wav [SECONDS [PAUSE]]    SECONDS long (default 24), with PAUSE seconds between the phrases (default 0.3)
#
# The voice is that of alsa-utils, which says "front center", "rear left" and so on. Needs python3 and alsa-utils.
set -eu

command -v python3 >/dev/null || {
    echo "speech.sh: Python is missing: apt-get install python3" >&2
    exit 2
}
exec python3 - "$@" <<'PYTHON'
import pathlib
import sys
import wave

VOICE = pathlib.Path("/usr/share/sounds/alsa")
PHRASES = ["Front_Center", "Front_Left", "Front_Right", "Rear_Center", "Rear_Left", "Rear_Right", "Side_Left", "Side_Right"]
RATE = 48000
WIDTH = 2


def phrase(name):
    path = VOICE / f"{name}.wav"
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, WIDTH):
                sys.exit(f"speech.sh: {path} is not of 48 kHz, one channel, 16 bits")
            return file.readframes(file.getnframes())
    except (OSError, wave.Error) as why:
        sys.exit(f"speech.sh: {path}: {why}: apt-get install alsa-utils")


def main():
    if not 2 <= len(sys.argv) <= 4:
        sys.exit("usage: speech.sh OUT.wav [SECONDS [PAUSE]]")
    try:
        seconds, pause = (float(given) for given in (sys.argv[2:] + ["24", "0.3"][len(sys.argv) - 2 :]))
    except ValueError:
        sys.exit("speech.sh: SECONDS and PAUSE are numbers")
    if not (0 < seconds <= 7200 and 0 <= pause <= 60):
        sys.exit("speech.sh: SECONDS is more than 0 and at most 7200, PAUSE 0 to 60")
    rest = bytes(round(pause * RATE) * WIDTH)
    once = b"".join(phrase(name) + rest for name in PHRASES)
    length = round(seconds * RATE) * WIDTH
    with wave.open(sys.argv[1], "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(WIDTH)
        out.setframerate(RATE)
        out.writeframes((once * (length // len(once) + 1))[:length])


main()
PYTHON
