//! Calls from scripts: lines of JSON, exit codes, signals, recordings, expectations.

use rustix::process::Signal;

use crate::kit::{Done, Home, Program};

/// Bob's phone, waiting for a call.
fn bob_waits(home: &Home, how: &str) -> Program {
    let mut bob = home.start(&format!("wait --as bob --json {how}"));
    bob.until_said("waiting for a call");
    bob
}

/// The states of a call in the order in which they were printed.
fn states(done: &Done) -> Vec<String> {
    let lines = done.json();
    let states = lines.iter().filter(|line| line["event"] == "state");
    states.map(|line| line["state"].as_str().unwrap().to_owned()).collect()
}

/// How loud `hertz` is among `samples` (Goertzel): 0 to about 1.
fn loudness(samples: &[f64], hertz: f64) -> f64 {
    let step = std::f64::consts::TAU * hertz / 48_000.0;
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        real += sample * (step * n as f64).cos();
        imaginary += sample * (step * n as f64).sin();
    }
    2.0 * f64::hypot(real, imaginary) / samples.len() as f64
}

#[test]
fn two_phones_talk_and_tell_it_line_by_line() {
    let home = Home::new();
    let bob = bob_waits(&home, "--answer --mic tone:880");
    let recording = home.file("talk.wav");
    let words = format!("call bob --json --mic tone:440 --for 4s --dtmf 1,2# --record {}", recording.display());
    let alice = home.run(&words).exited(0);
    let bob = bob.ends().exited(0);

    assert_eq!(states(&alice), ["connecting", "ringing", "connected", "disconnecting", "disconnected"]);
    assert_eq!(states(&bob).first().unwrap(), "ringing");
    for side in [&alice, &bob] {
        let summary = side.summary();
        assert_eq!(summary["connected"], true);
        assert_eq!(summary["end"]["code"], 0);
        assert!(summary["audio"]["heard_ms"].as_u64().unwrap() > 0, "{summary}");
        for line in side.json() {
            assert_eq!(line["v"], 1);
            assert!(line["ts"].as_str().unwrap().ends_with('Z') && line["at_ms"].is_u64(), "{line}");
        }
    }
    let tones: Vec<_> =
        bob.json().iter().filter(|line| line["event"] == "dtmf").map(|line| line["tone"].clone()).collect();
    assert_eq!(tones.first().unwrap(), "1");

    let mut wav = hound::WavReader::open(recording).unwrap();
    assert_eq!(wav.spec().channels, 2);
    let samples: Vec<f64> = wav.samples::<i16>().map(|sample| f64::from(sample.unwrap()) / 32_768.0).collect();
    let channel = |which| samples.iter().copied().skip(which).step_by(2).collect::<Vec<f64>>();
    let (me, them) = (channel(0), channel(1));
    assert!(loudness(&me, 440.0) > 10.0 * loudness(&me, 880.0), "left is me");
    assert!(loudness(&them, 880.0) > 10.0 * loudness(&them, 440.0), "right is them");
}

#[test]
fn a_signal_hangs_up_cleanly_at_both_ends() {
    let home = Home::new();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let bob = bob_waits(&home, "--answer");
        let mut alice = home.start("call bob --json");
        alice.until(r#""state":"connected"#);
        alice.signal(signal);
        let alice = alice.ends().exited(code);
        assert_eq!(alice.summary()["end"]["code"], 0);
        let bob = bob.ends().exited(0);
        assert_eq!(bob.summary()["end"]["reason"], "The call ended normally.");
    }
}

#[test]
fn a_call_that_does_not_come_about_says_why_by_its_exit_code() {
    let home = Home::new();
    for (words, code, end, why) in [
        ("call busy --json", 5, 486, "in another call"),
        ("call bob --json", 6, 480, "offline"),
        ("call nobody --ring-for 1s --json", 6, 487, "did not answer"),
        ("call ghost --json", 9, 404, "Nobody is called ghost"),
        ("wait --timeout 100ms --json", 6, 408, "nobody called in time"),
        ("--server http://127.0.0.1:9 --token x call bob --json", 3, 503, "127.0.0.1:9"),
        ("--token x call bob --json", 4, 401, "sign in again"),
        ("call echo --mic /none.wav --json", 2, 400, "/none.wav"),
        ("call echo --record /none/x.wav --json", 2, 400, "/none/x.wav"),
    ] {
        let summary = home.run(words).exited(code).summary();
        assert_eq!(summary["connected"], false, "{words}");
        assert_eq!(summary["end"]["code"], end, "{words}: {summary}");
        assert!(summary["end"]["reason"].as_str().unwrap().contains(why), "{words}: {summary}");
    }
}

#[test]
fn declining_and_only_reporting_do_as_told() {
    let home = Home::new();
    let bob = bob_waits(&home, "--decline");
    assert_eq!(home.run("call bob --json").exited(5).summary()["end"]["code"], 603);
    assert_eq!(bob.ends().exited(0).summary()["end"]["reason"], "You declined the call.");
    let bob = bob_waits(&home, "");
    assert_eq!(home.run("call bob --ring-for 1s --json").exited(6).summary()["end"]["code"], 487);
    let bob = bob.ends().exited(0);
    assert_eq!(states(&bob).first().unwrap(), "ringing");
    assert_eq!(bob.summary()["connected"], false);
}

#[test]
fn expectations_decide() {
    let home = Home::new();
    home.run("call echo --for 4s --expect heard_ms>=20 --expect connected=1").exited(0);
    let missed = home.run("call echo --for 1s --expect heard_ms>100000 --json").exited(10).saying("heard_ms>100000");
    assert_eq!(missed.summary()["connected"], true);
    home.run("call echo --expect beauty>1").exited(2).saying("beauty");
}

#[test]
fn results_and_messages_go_separate_ways() {
    let home = Home::new();
    let call = home.run("call echo --for 200ms").exited(0).saying("Echo: CONNECTED");
    assert_eq!(call.out.len(), 1, "{:?}", call.out);
    assert!(call.out[0].starts_with("The call ended normally."));
    let quiet = home.run("-q call echo --for 200ms").exited(0);
    assert_eq!((quiet.out.len(), quiet.err.as_str()), (1, ""));
    // As `| head -1` does.
    let mut cut = home.start("call echo --for 1s --json");
    cut.until(r#""state":"connecting""#);
    cut.stops_listening();
    assert_eq!(cut.ends().exited(0).err, "");
}

#[test]
fn a_call_lasts_as_long_as_its_file() {
    let home = Home::new();
    let path = home.file("greeting.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(&path, spec).unwrap();
    (0..16_000).for_each(|n: i32| wav.write_sample(if n % 40 < 20 { 8_000_i16 } else { -8_000 }).unwrap());
    wav.finalize().unwrap();
    let summary = home.run(&format!("call echo --json --mic {}", path.display())).exited(0).summary();
    assert!(summary["seconds"].as_f64().unwrap() >= 0.9, "{summary}");
    assert!(summary["audio"]["level_out_dbfs"].is_number(), "{summary}");
}
