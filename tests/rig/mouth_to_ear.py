#!/usr/bin/env python3
"""Delay and quality of speech that went through a call.

  mouth_to_ear.py FED.wav RECORDED.wav        two files that begin at the same instant
  mouth_to_ear.py --tape TAPE.wav A B         a tape of virtual_cards.sh: from A's microphone to B's speaker
  mouth_to_ear.py --tape TAPE.wav --echo A B  a tape on which only B speaks, and A's speaker is heard by A's microphone:
                                              how much of that echo is kept from B

It prints the delay (median, 5th and 95th percentile over windows of one second, drift from the first to the last),
PESQ-WB (ITU-T P.862.2, mean and worst of pieces), STOI and the change of level. Each window is looked for by normalised
cross-correlation around the delay of the whole, so the figures follow a jitter buffer that stretches time. Delays are
to the sample; a change of level does not change PESQ.

Of an echo it prints the level in A's microphone, the level of what is left of it in B's ear, and the difference, the echo
return loss enhancement (ITU-T G.168): the median over windows of half a second in which the echo is loud, after the
first seconds in which the canceller learns.

It ends with 0; with 1 where a bound was given that is not kept; with 2 where a signal is silent or can't be read.

Needs the packages of requirements.txt; python.sh beside this file makes a place for them and runs this with it.
"""
import argparse
import json
import sys
from math import gcd

try:
    import numpy as np
    import soundfile
    from pesq import pesq
    from pystoi import stoi
    from scipy.signal import fftconvolve, resample_poly
except ImportError as missing:
    sys.exit(f"mouth_to_ear: {missing}: run it by python.sh, or: pip install -r tests/rig/requirements.txt")

CHANNELS = {"A": (0, 1), "B": (2, 3)}  # of a tape: microphone, speaker
SILENT = 1e-4  # RMS below which there is no signal (-80 dBFS)
WINDOW = 1.0  # seconds of which one delay is found
AROUND = 0.12  # seconds around the delay of the whole in which that of a window may lie
ALIKE = 0.35  # how much a window must be like what was said, of 1
PIECE = 8.0  # seconds that PESQ judges at once: it was made for pieces of 8 to 12 s
ECHO_WINDOW = 0.5  # seconds of which one attenuation of the echo is found
ECHO_LOUD = 3e-3  # RMS of an echo that counts (-50 dBFS)
FLOOR = 10 ** (-100 / 20)  # what no loudspeaker plays: bounds the attenuation of an echo that is gone altogether


class Unusable(Exception):
    """There is nothing to measure, and why."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("of", nargs=2, metavar="FILE|CARD")
    parser.add_argument("--tape", help="the four-channel recording of virtual_cards.sh")
    parser.add_argument("--echo", action="store_true", help="measure how much of an echo is left")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--from", dest="begin", type=float, default=0.0, metavar="S", help="leave out what is earlier")
    parser.add_argument("--to", dest="end", type=float, metavar="S", help="leave out what is later")
    parser.add_argument("--min-mos", type=float, metavar="X", help="end with 1 where PESQ is lower")
    parser.add_argument("--max-delay", type=float, metavar="MS", help="end with 1 where the median delay is longer")
    parser.add_argument("--max-search", type=float, default=2.0, metavar="S", help="the longest delay looked for")
    parser.add_argument("--settle", type=float, default=5.0, metavar="S", help="echo: how long the canceller may learn")
    given = parser.parse_args()
    if given.tape and not all(card in CHANNELS for card in given.of):
        parser.error("the cards on a tape are called A and B")
    if given.echo and not given.tape:
        parser.error("an echo is measured on a --tape")
    return given


def signals(given):
    """What was said, what was heard, and the rate of both."""
    try:
        if given.tape:
            tape, rate = soundfile.read(given.tape, always_2d=True)
            if tape.shape[1] != 4:
                raise Unusable(f"{given.tape} has {tape.shape[1]} channels: a tape has 4")
            said, heard = tape[:, CHANNELS[given.of[0]][0]], tape[:, CHANNELS[given.of[1]][1]]
        else:
            said, rate = soundfile.read(given.of[0], always_2d=True)
            heard, other = soundfile.read(given.of[1], always_2d=True)
            said, heard = said.mean(1), at_rate(heard.mean(1), other, rate)
    except (OSError, soundfile.SoundFileError) as why:
        raise Unusable(str(why)) from why
    span = slice(int(given.begin * rate), int(given.end * rate) if given.end else None)
    return said[span], heard[span], rate


def at_rate(samples, rate, wanted):
    if rate == wanted or not len(samples):
        return samples
    common = gcd(rate, wanted)
    return resample_poly(samples, wanted // common, rate // common)


def rms(samples):
    return float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0


def decibels(ratio):
    return 20 * float(np.log10(ratio + 1e-9))


def delay_of_whole(said, heard, rate, longest):
    """The delay of all of it in samples, and how alike the two are there, of 1."""
    correlation = fftconvolve(heard, said[::-1])
    zero = len(said) - 1
    # Files need not begin at quite the same instant: a little before is looked at, too.
    first = max(0, zero - rate // 20)
    at = first + int(np.argmax(np.abs(correlation[first : zero + int(longest * rate)])))
    scale = np.sqrt(np.square(said).sum() * np.square(heard).sum()) + 1e-12
    return at - zero, abs(float(correlation[at] / scale))


def delays_of_windows(said, heard, rate, whole):
    """(begin, delay) in samples of each window of speech that is found again."""
    width, around = int(WINDOW * rate), int(AROUND * rate)
    loud = rms(said) * 0.3
    found = []
    for begin in range(0, len(said) - width, width // 2):
        window = said[begin : begin + width]
        first = begin + whole - around
        if rms(window) < loud or first < 0 or first + width + 2 * around > len(heard):
            continue
        part = heard[first : first + width + 2 * around]
        energy = np.maximum(fftconvolve(np.square(part), np.ones(width), "valid"), 1e-9)
        alike = np.abs(fftconvolve(part, window[::-1], "valid")) / np.sqrt(energy * np.square(window).sum() + 1e-12)
        best = int(np.argmax(alike))
        if alike[best] > ALIKE:
            found.append((begin, whole - around + best))
    return found


def pieces(said, heard, rate, delays):
    """Pairs of pieces of speech, each aligned by the delay it has, so that a drift does not count as damage."""
    width = int(PIECE * rate)
    count = max(1, round(len(said) / width))
    for part in np.array_split(np.arange(len(said)), count):
        begin, end = int(part[0]), int(part[-1]) + 1
        inside = [delay for at, delay in delays if begin <= at < end] or [delay for _, delay in delays]
        delay = int(np.median(inside))
        first, last = max(0, begin + delay), min(len(heard), end + delay)
        a, b = said[first - delay : last - delay], heard[first:last]
        if rms(a) > SILENT and rms(b) > SILENT:
            yield a, b


def judged(said, heard, rate, delays):
    """PESQ-WB of every piece, and STOI of every piece."""
    marks, clarity = [], []
    for a, b in pieces(said, heard, rate, delays):
        a, b = at_rate(a, rate, 16000), at_rate(b, rate, 16000)
        try:
            marks.append(float(pesq(16000, a, b * (rms(a) / rms(b)), "wb")))
        except Exception as why:  # pesq has a family of errors of its own, all meaning: not enough speech in it
            print(f"mouth_to_ear: a piece is left out of PESQ: {why}", file=sys.stderr)
        clarity.append(float(stoi(a, b, 16000)))
    return marks, clarity


def measured(given):
    said, heard, rate = signals(given)
    said = said[: len(heard)] if given.tape else said
    for what, samples in (("fed", said), ("recorded", heard)):
        if rms(samples) < SILENT:
            raise Unusable(f"the {what} signal is silent")
    loud = np.flatnonzero(np.abs(said) > 1e-3)
    if not len(loud):
        raise Unusable("the fed signal is silent")
    # Only from the first word to the last: what lies around them is no speech to judge.
    begin, end = max(0, loud[0] - rate // 5), loud[-1] + rate // 5
    said, heard = said[begin:end], heard[begin:]
    whole, alike = delay_of_whole(said, heard, rate, given.max_search)
    delays = delays_of_windows(said, heard, rate, whole)
    milliseconds = [delay / rate * 1e3 for _, delay in delays or [(0, whole)]]
    marks, clarity = judged(said, heard, rate, delays or [(0, whole)])
    later = int(np.median([delay for _, delay in delays])) if delays else whole
    return {
        "delay_ms": round(float(np.median(milliseconds)), 2),
        "p5": round(float(np.percentile(milliseconds, 5)), 2),
        "p95": round(float(np.percentile(milliseconds, 95)), 2),
        "first_ms": round(milliseconds[0], 2),
        "last_ms": round(milliseconds[-1], 2),
        "drift_ms": round(milliseconds[-1] - milliseconds[0], 2),
        "windows": len(delays),
        "corr": round(alike, 3),
        "level_db": round(decibels(rms(heard[max(0, later) : later + len(said)]) / rms(said)), 2),
        "pesq_wb": round(float(np.mean(marks)), 3) if marks else None,
        "pesq_wb_min": round(min(marks), 3) if marks else None,
        "stoi": round(float(np.mean(clarity)), 3) if clarity else None,
    }


def echo(given):
    """A's microphone holds the echo of A's speaker and nothing else; B's speaker plays what is left of it."""
    picked_up, left, rate = signals(given)
    picked_up, left = picked_up[int(given.settle * rate) :], left[int(given.settle * rate) :]
    width = int(ECHO_WINDOW * rate)
    # What is left comes later by some hundred milliseconds: the louder of this window and the next counts.
    windows = range(0, len(left) - 2 * width, width)
    levels = [(rms(picked_up[at : at + width]), rms(left[at : at + 2 * width])) for at in windows]
    loud = [(before, after) for before, after in levels if before > ECHO_LOUD]
    if not loud:
        raise Unusable("there is no echo in the microphone")
    gone = [decibels(before / max(after, FLOOR)) for before, after in loud]
    return {
        "erle_db": round(float(np.median(gone)), 1),
        "erle_p5_db": round(float(np.percentile(gone, 5)), 1),
        "echo_dbfs": round(decibels(float(np.median([before for before, _ in loud]))), 1),
        "left_dbfs": round(decibels(max(FLOOR, float(np.median([after for _, after in loud])))), 1),
        "windows": len(loud),
    }


def main():
    given = arguments()
    try:
        figures = echo(given) if given.echo else measured(given)
    except Unusable as why:
        print(json.dumps({"error": str(why)}) if given.json else f"error={why}")
        return 2
    print(json.dumps(figures) if given.json else " ".join(f"{name}={value}" for name, value in figures.items()))
    too_bad = given.min_mos is not None and (figures.get("pesq_wb") or 0) < given.min_mos
    too_late = given.max_delay is not None and figures.get("delay_ms", 0) > given.max_delay
    return 1 if too_bad or too_late else 0


if __name__ == "__main__":
    sys.exit(main())
