//! Hearing oneself: the trial of microphone and speaker, with files for both.

use std::f64::consts::TAU;
use std::path::Path;

use self::wav::share_of;
use crate::kit::Home;

#[path = "../support/wav.rs"]
#[allow(dead_code, reason = "a kit of another binary; this one uses its own part of it")]
mod wav;

#[test]
fn the_doctor_judges_a_voice_and_lets_it_be_heard() {
    let home = Home::new();
    let (said, heard) = (home.file("said.wav"), home.file("heard.wav"));
    // Words of 880 Hz, 0.2 s long, with pauses as long.
    let word = |n: u32| if n % 19_200 < 9_600 { (f64::from(n) * 880.0 * TAU / 48_000.0).sin() * 6_000.0 } else { 0.0 };
    write(&said, 76_800, word);
    let words = format!("doctor --sound --mic {} --speaker {} --json", said.display(), heard.display());
    let well = home.run(&words).exited(0).saying("Speak now").saying("how you sound");
    let lines = well.json();
    let verdicts: Vec<_> = lines.iter().map(|line| (line["check"].as_str(), line["verdict"].as_str())).collect();
    let expected = ["microphone", "speaker", "echo"].map(|check| (Some(check), Some("pass")));
    assert_eq!(verdicts, expected, "{lines:?}");
    let level = lines[0]["level_dbfs"].as_f64().unwrap();
    assert!((-21.0..-14.0).contains(&level), "{lines:?}");
    assert!(lines[2]["found"].as_str().unwrap().contains("not looked for"), "nothing is made up: {lines:?}");
    let share = share_of(&heard, 880);
    assert!(share > 0.8, "{share} of what is heard is what was said");
}

#[test]
fn the_doctor_says_when_nothing_is_heard() {
    let home = Home::new();
    let said = home.file("said.wav");
    write(&said, 24_000, |_| 0.0);
    let failed = home.run(&format!("doctor --sound --mic {} --speaker none", said.display())).exited(7);
    assert!(failed.out[0].starts_with("FAIL  microphone"), "{failed:?}");
    assert!(failed.out.iter().any(|line| line.contains("next: ")), "{failed:?}");
    home.run("doctor --sound --mic /nowhere.wav --speaker none").exited(2).saying("/nowhere.wav");
}

fn write(path: &Path, samples: u32, sound: impl Fn(u32) -> f64) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    (0..samples).for_each(|n| writer.write_sample(sound(n) as i16).unwrap());
    writer.finalize().unwrap();
}
