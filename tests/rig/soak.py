#!/usr/bin/env python3
"""Two phones in a call over two virtual cards, while the cards and the phones are stopped and started under them.

  soak.sh [MINUTES] [--screens] [--program FILE] [--keep FOLDER]

It is run by soak.sh. Alice (card A) and Bob (card B) talk all the time; every few minutes something happens to them, on a
schedule that is printed first: the sound server is restarted, a card is unplugged and plugged in again, a phone is
suspended as a laptop that is closed. All microphones and speakers are listened to meanwhile.

Printed at the end: each event, and how long after it was over each of the two heard the other again; what ran dry, how much
memory was used, and whether the call is still the same. It fails (1) where the call ended, where somebody did not hear the
other again within 5 s, or where somebody heard nothing while nothing was the matter.

Phones without a screen tell what happens to them as JSON; with --screens, the phones are the program as people use it, in
two windows of tmux, and what they show is looked at instead. Needs nothing but Python, and tmux for the screens.
"""
import argparse
import array
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import wave

HERE = pathlib.Path(__file__).resolve().parent
BLOCK = 480  # frames of the tape that are looked at together: 10 ms
CHANNELS = 4
MICROPHONE = {"alice": 0, "bob": 2}  # channels of the tape
SPEAKER = {"alice": 1, "bob": 3}
OTHER = {"alice": "bob", "bob": "alice"}
CARD = {"alice": "A", "bob": "B"}
LOUD = 660  # a peak above this was said, and should be heard (-34 dBFS)
FAINT = 165  # a peak above this was heard (-46 dBFS): what is soft may be made softer on its way
DEADLINE = 5.0  # seconds in which sound has to be back
SETTLE = 10.0  # seconds between the connection and the first event, at least
REST = 12.0  # seconds between the end of an event and the next, at least
AFTERMATH = 6.0  # seconds after an event in which what runs dry is put down to it
PATIENCE = 30.0  # seconds for anything that has to happen
SPAN = 2.0  # seconds over which sound has to last to count as heard
HARMED = 5  # looks in a row, about a second apart, after which the call is taken to be over
IN_CALL = ("LIVE", "NO MIC", "MUTED")  # of which a screen shows one, as long as there is a call


def say(text):
    print(text, flush=True)


def median(values):
    values = sorted(values)
    return values[len(values) // 2] if values else None


# ---- the cards ----------------------------------------------------------------------------------------------------


class Cards:
    """Two cards in a folder of their own."""

    def __init__(self, folder):
        self.environment = dict(os.environ, VCARDS_DIR=str(folder))
        self.run("start")

    def command(self, *arguments):
        return ["sh", str(HERE / "virtual_cards.sh"), *arguments]

    def run(self, *arguments):
        done = subprocess.run(self.command(*arguments), env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"soak: virtual_cards.sh {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def spawn(self, *arguments, stdout=subprocess.DEVNULL):
        return subprocess.Popen(
            self.command(*arguments), env=self.environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL
        )

    def variables(self, card):
        return dict(line.split("=", 1) for line in self.run("env", card).splitlines())


class Tape(threading.Thread):
    """Listens to all microphones and speakers: the peak of every 10 ms of each, and when it came."""

    def __init__(self, cards):
        super().__init__(daemon=True)
        self.cards = cards
        self.times, self.peaks = [], [[] for _ in range(CHANNELS)]
        self.ending = threading.Event()

    def run(self):
        # The recorder ends with the sound server; the next one begins with the next server.
        while not self.ending.is_set():
            self.recorder = self.cards.spawn("tape", stdout=subprocess.PIPE)
            while block := self.recorder.stdout.read(BLOCK * CHANNELS * 2):
                samples = array.array("h")
                samples.frombytes(block[: len(block) // 8 * 8])
                for channel, peaks in enumerate(self.peaks):
                    own = samples[channel::CHANNELS]
                    peaks.append(max(max(own), -min(own)) if own else 0)
                self.times.append(time.monotonic())
            self.recorder.wait()
            self.ending.wait(0.02)

    def end(self):
        self.ending.set()
        self.recorder.terminate()
        self.join(PATIENCE)

    def index(self, at):
        """Where on the tape an instant is: the first block that is not earlier."""
        low, high = 0, len(self.times)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.times[middle] < at else (low, middle)
        return low

    def share(self, channel, least, begin, end):
        """Which share of a span of time holds sound of at least that loudness, and how many blocks were listened to."""
        part = self.peaks[channel][self.index(begin) : self.index(end)]
        return (sum(peak > least for peak in part) / len(part) if part else 0.0), len(part)

    def is_heard(self, who, begin):
        """Whether `who` hears, from `begin` on, about as much as the other says."""
        heard, _ = self.share(SPEAKER[who], FAINT, begin, begin + SPAN)
        said, blocks = self.share(MICROPHONE[OTHER[who]], LOUD, begin - 0.3, begin - 0.3 + SPAN)
        return blocks > 0 and heard > said / 2

    def longest_silence(self, who, begin, end):
        """Seconds of the longest time in which `who` heard nothing; pauses between words count, too."""
        longest, since = 0.0, begin
        for at in range(self.index(begin), min(self.index(end), len(self.times))):
            if self.peaks[SPEAKER[who]][at] > FAINT:
                longest, since = max(longest, self.times[at] - since), self.times[at]
        return max(longest, end - since)

    def heard_again(self, who, since, until):
        """Seconds after `since` at which `who` hears the other for good; `None` where that does not happen.

        Only what the other says counts as a time in which something could be heard.
        """
        first = self.index(since)
        said = self.peaks[MICROPHONE[OTHER[who]]]
        begun = next((at for at in range(first, len(self.times)) if said[at] > LOUD), None)
        if begun is None:
            return None
        origin = self.times[begun]
        for at in range(first, min(self.index(until), len(self.times))):
            if self.peaks[SPEAKER[who]][at] > FAINT and self.is_heard(who, self.times[at]):
                return max(0.0, self.times[at] - origin)
        return None


class Mouth(threading.Thread):
    """Says the same again and again into a microphone; where the sound server goes away, it begins anew."""

    def __init__(self, cards, card, speech):
        super().__init__(daemon=True)
        self.cards, self.card, self.speech = cards, card, speech
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            self.player = self.cards.spawn("feed", self.card, str(self.speech))
            self.player.wait()
            self.ending.wait(0.02)

    def end(self):
        self.ending.set()
        self.player.terminate()
        self.join(PATIENCE)


# ---- the phones ---------------------------------------------------------------------------------------------------


class Program:
    """A process of the program that tells what happens as lines of JSON."""

    def __init__(self, program, arguments, variables=None):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHBOARD_")}
        self.process = subprocess.Popen(
            [program, *arguments],
            env=dict(environment, **(variables or {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.pid = self.process.pid
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            try:
                self.lines.append((time.monotonic(), json.loads(line)))
            except ValueError:
                pass

    def events(self, name, since=0.0):
        return [(at, line) for at, line in list(self.lines) if line.get("event") == name and at >= since]

    def is_connected(self):
        return any(line["state"] == "connected" for _, line in self.events("state"))

    def wait_for(self, what, is_there):
        deadline = time.monotonic() + PATIENCE
        while not is_there():
            if time.monotonic() > deadline or (self.process.poll() is not None and not is_there()):
                return False
            time.sleep(0.05)
        return True

    def end(self):
        self.process.terminate()
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.reader.join(PATIENCE)
        return code


class HeadlessCall:
    """Two phones without a screen."""

    def __init__(self, program, folder, cards):
        data = ["--data", str(folder)]
        self.service = Program(program, ["serve", "--demo", "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0", *data])
        if not self.service.wait_for("ready", lambda: self.service.events("ready")):
            sys.exit("soak: the service did not start")
        waiting = ["wait", "--answer", "--as", "bob", "--json", *data]
        self.phones = {"bob": Program(program, waiting, cards.variables("B"))}
        bob = self.phones["bob"]
        for _ in range(20):
            alice = Program(program, ["call", "bob", "--as", "alice", "--json", *data], cards.variables("A"))
            if alice.wait_for("connected", alice.is_connected) and bob.wait_for("connected", bob.is_connected):
                self.phones["alice"] = alice
                break
            alice.end()
        else:
            sys.exit("soak: the two did not come to talk")
        self.ids = {name: self.call_ids(name) for name in self.phones}

    def pid(self, who):
        return self.phones[who].pid

    def call_ids(self, who):
        return {line["call_id"] for _, line in self.phones[who].events("state") if line["state"] == "connected"}

    def harm(self):
        """What is the matter with the call; nothing, if it is the one that began."""
        found = []
        for who, phone in self.phones.items():
            if phone.process.poll() is not None:
                found.append(f"{who}'s phone ended with {phone.process.returncode}")
            states = [line["state"] for _, line in phone.events("state")]
            if "disconnected" in states or "disconnecting" in states or phone.events("summary"):
                found.append(f"{who}'s call ended")
            if self.call_ids(who) != self.ids["alice"]:
                found.append(f"{who} is in another call")
        return found

    def counted(self, who, name, since, until):
        """By how much a figure that only grows grew in a span of time; `None` where it is not told."""
        told = [(at, figure(line, name)) for at, line in self.phones[who].events("quality")]
        told = [(at, value) for at, value in told if value is not None]
        if not told:
            return None
        before = [value for at, value in told if at <= since] or [told[0][1]]
        inside = [value for at, value in told if at <= until] or before
        return inside[-1] - before[-1]

    def told(self):
        """What each was told of devices and sound, in its order."""
        lines = [
            (at, who, f'{"no longer: " if line.get("on") is False else ""}{line["message"]}')
            for who, phone in self.phones.items()
            for name in ("warning", "diagnosis")
            for at, line in phone.events(name)
        ]
        return sorted(lines)

    def keep(self, folder):
        for who, phone in self.phones.items():
            text = "".join(json.dumps(line) + "\n" for _, line in phone.lines)
            (folder / f"{who}.jsonl").write_text(text)

    def end(self):
        for who in ("alice", "bob"):
            self.phones[who].end()
        self.service.end()


class ScreenCall:
    """Two phones as people use them, each in a window of a tmux of its own."""

    def __init__(self, program, folder, cards):
        if not shutil.which("tmux"):
            sys.exit("soak: tmux is missing: apt-get install tmux")
        self.socket = folder / "tmux"
        self.service = Program(
            program, ["serve", "--demo", "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0", "--data", str(folder)]
        )
        if not self.service.wait_for("ready", lambda: self.service.events("ready")):
            sys.exit("soak: the service did not start")
        for who, card in CARD.items():
            variables = [f"{name}={value}" for name, value in cards.variables(card).items()]
            command = ["env", *variables, program, "--as", who, "--data", str(folder)]
            self.tmux("new-session", "-d", "-s", who, "-x", "132", "-y", "38", *command)
        self.shows("alice", "Carol")
        self.shows("bob", "Carol")
        self.tmux("send-keys", "-t", "alice", "-l", "dbob")
        self.tmux("send-keys", "-t", "alice", "Enter")
        self.shows("bob", "Alice")
        # Nobody knows when the prompt is there: it may be answered more than once.
        for _ in range(20):
            self.tmux("send-keys", "-t", "bob", "F3")
            time.sleep(0.5)
            if all("LIVE" in self.screen(who) for who in CARD):
                return
        self.end()
        sys.exit("soak: the two did not come to talk")

    def tmux(self, *arguments):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("SWITCHBOARD_", "TMUX"))}
        command = ["tmux", "-S", str(self.socket), "-f", "/dev/null", *arguments]
        return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout

    def screen(self, who):
        return self.tmux("capture-pane", "-p", "-t", who)

    def shows(self, who, text):
        deadline = time.monotonic() + PATIENCE
        while text not in self.screen(who):
            if time.monotonic() > deadline:
                last = self.screen(who)
                self.end()
                sys.exit(f"soak: {who}'s screen does not show {text}, but:\n{last}")
            time.sleep(0.1)

    def pid(self, who):
        return int(self.tmux("list-panes", "-t", who, "-F", "#{pane_pid}"))

    def harm(self):
        return [f"{who}'s screen shows no call" for who in CARD if not any(word in self.screen(who) for word in IN_CALL)]

    def counted(self, who, name, since, until):
        return None

    def told(self):
        return []

    def keep(self, folder):
        for who in CARD:
            (folder / f"{who}.txt").write_text(self.screen(who))

    def end(self):
        self.tmux("kill-server")
        self.service.end()


def figure(line, name):
    """A number of a line by its name, wherever in it that stands."""
    if not isinstance(line, dict):
        return None
    if isinstance(line.get(name), (int, float)):
        return line[name]
    found = (figure(value, name) for value in line.values())
    return next((value for value in found if value is not None), None)


# ---- what happens -------------------------------------------------------------------------------------------------


# Each returns when what happened was over.


def restart(cards, call):
    cards.run("restart")
    return time.monotonic()


def unplugged(card, seconds):
    def happen(cards, call):
        cards.run("unplug", card)
        time.sleep(seconds)
        over = time.monotonic()
        cards.run("plug", card)
        return over

    return happen


def suspended(who, seconds):
    def happen(cards, call):
        os.kill(call.pid(who), signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(call.pid(who), signal.SIGCONT)
        return time.monotonic()

    return happen


EVENTS = [
    ("sound server restarted", restart),
    ("card A unplugged for 3 s", unplugged("A", 3)),
    ("card B unplugged for 3 s", unplugged("B", 3)),
    ("Alice's phone suspended for 5 s", suspended("alice", 5)),
    ("card A unplugged for 15 s", unplugged("A", 15)),
    ("Bob's phone suspended for 5 s", suspended("bob", 5)),
    ("sound server restarted", restart),
    ("card B unplugged for 15 s", unplugged("B", 15)),
]


def schedule(minutes):
    """(second after the beginning, event): evenly over the time, every few minutes, and each at least once if there is room."""
    span = minutes * 60 - SETTLE
    longest = 15 + REST
    count = max(1, round(minutes / 2.5), min(len(EVENTS), int(span / longest)))
    return [(SETTLE + span * n / count, *EVENTS[n % len(EVENTS)]) for n in range(count)]


# ---- the run ------------------------------------------------------------------------------------------------------


def memory(pid):
    """Proportional set size, MB."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1000
    except OSError:
        pass
    return None


class Soak:
    def __init__(self, cards, call, minutes):
        self.cards, self.call, self.minutes = cards, call, minutes
        self.happened = []  # (name, began, over)
        self.began = time.monotonic()

    def run(self, plan):
        """Lets everything happen, and stops early where the call is over."""
        try:
            self.all_happens(plan)
        finally:
            self.over = time.monotonic() - SPAN

    def all_happens(self, plan):
        self.sizes = {who: [memory(self.call.pid(who))] for who in CARD}
        for at, name, happen in plan:
            if not self.pause(max(self.began + at, (self.happened[-1][2] + REST) if self.happened else 0.0)):
                return
            begun = time.monotonic()
            self.happened.append((name, begun, happen(self.cards, self.call)))
            say(f"{self.clock(begun)}  {name}")
        self.pause(max(self.began + self.minutes * 60, self.happened[-1][2] + REST))
        for who in CARD:
            self.sizes[who].append(memory(self.call.pid(who)))

    def pause(self, until):
        """Waits; says whether the call lives. A screen that is being drawn, or can't be read just then, is no end."""
        harmed = 0
        while time.monotonic() < until and harmed < HARMED:
            harmed = harmed + 1 if self.call.harm() else 0
            time.sleep(min(1.0, max(0.0, until - time.monotonic())))
        return harmed < HARMED

    def clock(self, at):
        seconds = int(at - self.began)
        return f"{seconds // 60:02}:{seconds % 60:02}"

    def report(self, tape, harm):
        problems = list(harm)
        say("\n| at | what happened | Alice hears again after (heard nothing for) | Bob hears again after (heard nothing for) |\n|---|---|---|---|")
        for name, begun, over in self.happened:
            again = [tape.heard_again(who, over, over + REST - SPAN) for who in ("alice", "bob")]
            silent = [tape.longest_silence(who, begun, over + REST - SPAN) for who in ("alice", "bob")]
            cells = [
                f"{'never' if after is None else f'{after * 1000:.0f} ms'} ({quiet:.1f} s)" for after, quiet in zip(again, silent)
            ]
            say(f"| {self.clock(begun)} | {name} | {cells[0]} | {cells[1]} |")
            for who, after in zip(("alice", "bob"), again):
                if after is None or after > DEADLINE:
                    problems.append(f"{self.clock(begun)}: {who} did not hear the other within {DEADLINE:.0f} s: {name}")
        problems += self.silences(tape)
        self.figures()
        return problems

    def quiet_times(self):
        """The spans in which nothing is the matter."""
        begin = self.began + SETTLE / 2
        for _, begun, over in self.happened:
            yield begin, begun - 0.5
            begin = over + AFTERMATH
        yield begin, self.over

    def silences(self, tape):
        """Where somebody heard nothing for no reason, neighbouring times taken together."""
        problems = []
        for who in ("alice", "bob"):
            silent = []
            for begin, end in self.quiet_times():
                steps = max(0, int((end - begin) / SPAN))
                silent += [begin + n * SPAN for n in range(steps) if not tape.is_heard(who, begin + n * SPAN)]
            spans = []
            for at in silent:
                if spans and at - spans[-1][1] < SPAN / 2:
                    spans[-1][1] = at + SPAN
                else:
                    spans.append([at, at + SPAN])
            problems += [f"{self.clock(a)} to {self.clock(b)}: {who} heard nothing, for no reason" for a, b in spans]
        return problems

    def figures(self):
        say("\n| figure | Alice's phone | Bob's phone |\n|---|---|---|")
        for name, what in (
            ("underruns", "times the speaker had nothing to play"),
            ("overruns", "times the microphone lost sound"),
            ("late_ticks", "ticks the voice thread was late for"),
            ("lost_packets", "packets lost"),
            ("concealed_ms", "sound made up, ms"),
        ):
            cells = []
            for who in ("alice", "bob"):
                spans = [self.call.counted(who, name, begin, end) for begin, end in self.quiet_times()]
                whole = self.call.counted(who, name, self.began, time.monotonic())
                quiet = None if None in spans else sum(spans)
                cells.append("not told" if whole is None or quiet is None else f"{quiet:.0f} of {whole:.0f}")
            say(f"| {what}: while nothing was the matter, of all | {cells[0]} | {cells[1]} |")
        cells = ["?" if None in sizes or len(sizes) < 2 else f"{sizes[0]:.1f} → {sizes[-1]:.1f} MB" for sizes in self.sizes.values()]
        say(f"| memory (PSS), beginning → end | {cells[0]} | {cells[1]} |")
        if told := self.call.told():
            say("\nwhat the phones told:")
        for at, who, message in told:
            say(f"{self.clock(at)}  {who}: {message}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", nargs="?", type=float, default=30.0, metavar="MINUTES", help="how long (default 30)")
    parser.add_argument("--screens", action="store_true", help="with the screen, in tmux")
    parser.add_argument("--program", required=True, help="the program (soak.sh builds it)")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER", help="keep what the phones told there")
    given = parser.parse_args()
    if not 1 <= given.minutes <= 24 * 60:
        parser.error("MINUTES is 1 to 1440")
    return given


def main():
    given = arguments()
    plan = schedule(given.minutes)
    say(f"{given.minutes:g} minutes; planned:")
    for at, name, _ in plan:
        say(f"{int(at) // 60:02}:{int(at) % 60:02}  {name}")
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        folder = pathlib.Path(folder)
        speech = folder / "speech.wav"
        subprocess.run(["sh", str(HERE / "speech.sh"), str(speech), "600", "0.1"], check=True)
        cards = Cards(folder / "cards")
        try:
            problems = soak(given, plan, folder, cards, (speech, backwards(speech)))
        finally:
            cards.run("stop")
    say("")
    for problem in problems:
        say(f"FAILED: {problem}")
    if not problems:
        say("the call was unharmed, and both heard each other again each time")
    return 1 if problems else 0


def backwards(speech):
    """The same voice played backwards: were both to say the same, what one says would be taken for an echo of the other."""
    other = speech.with_name("backwards.wav")
    with wave.open(str(speech), "rb") as one, wave.open(str(other), "wb") as two:
        two.setparams(one.getparams())
        frames = one.readframes(one.getnframes())
        samples = array.array("h", frames)
        samples.reverse()
        two.writeframes(samples.tobytes())
    return other


def soak(given, plan, folder, cards, voices):
    call = (ScreenCall if given.screens else HeadlessCall)(given.program, folder, cards)
    listeners = [Tape(cards), Mouth(cards, "A", voices[0]), Mouth(cards, "B", voices[1])]
    try:
        for listener in listeners:
            listener.start()
        say("\nconnected; what happens:")
        run = Soak(cards, call, given.minutes)
        run.run(plan)
        harm = call.harm()
        return run.report(listeners[0], harm)
    finally:
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            call.keep(given.keep)
        for listener in listeners:
            listener.end()
        call.end()


if __name__ == "__main__":
    sys.exit(main())
