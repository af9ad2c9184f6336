//! WAV files of every kind, and things that are none.

use super::*;
use crate::media::level;
use crate::media::tones::strength;

#[test]
fn every_common_format_reads_as_the_same_tone() {
    let folder = tempfile::tempdir().unwrap();
    for (rate, channels, bits, format) in [
        (48_000, 1, 16, SampleFormat::Int),
        (44_100, 2, 16, SampleFormat::Int),
        (8_000, 1, 8, SampleFormat::Int),
        (96_000, 2, 24, SampleFormat::Int),
        (16_000, 1, 32, SampleFormat::Int),
        (22_050, 3, 32, SampleFormat::Float),
    ] {
        let path = folder.path().join("tone.wav");
        let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format: format };
        write_tone(&path, spec);
        let sound = read_all(&path);
        assert!((48_000..50_000).contains(&sound.len()), "{spec:?}: {}", sound.len());
        assert!((strength(&sound[4_800..43_200], 440.0) - 0.5).abs() < 0.02, "{spec:?}");
    }
}

#[test]
fn a_stereo_file_is_read_in_two_channels_when_asked_and_a_mono_one_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stereo.wav");
    for rate in [48_000, 44_100] {
        let spec = WavSpec { channels: 2, sample_rate: rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        for n in 0..rate {
            for hertz in [440.0, 1_000.0] {
                let sine = (n as f32 * std::f32::consts::TAU * hertz / rate as f32).sin() * 0.5;
                writer.write_sample((sine * 32_767.0) as i16).unwrap();
            }
        }
        writer.finalize().unwrap();
        let (mut reader, mut tick) = (WavReader::open_stereo(&path).unwrap(), Tick::default());
        let (mut left, mut right) = (Vec::new(), Vec::new());
        while reader.read(&mut tick) > 0 {
            assert!(tick.is_stereo());
            left.extend_from_slice(tick.left());
            right.extend_from_slice(tick.right());
        }
        for (track, mine, other) in [(left, 440.0, 1_000.0), (right, 1_000.0, 440.0)] {
            assert!((strength(&track[4_800..43_200], mine) - 0.5).abs() < 0.02, "{rate}");
            assert!(strength(&track[4_800..43_200], other) < 0.01, "{rate}");
        }
        WavReader::open(&path).unwrap().read(&mut tick);
        assert!(!tick.is_stereo(), "as one channel, unless asked");
    }
    write_tone(
        &path,
        WavSpec { channels: 1, sample_rate: 48_000, bits_per_sample: 16, sample_format: SampleFormat::Int },
    );
    let mut tick = Tick::default();
    assert_eq!(WavReader::open_stereo(&path).unwrap().read(&mut tick), TICK);
    assert!(!tick.is_stereo());
}

#[test]
fn what_is_no_wav_file_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.wav");
    let cases: [(&[u8], &str); 4] = [
        (b"", "no WAV file"),
        (b"ID3\x04not a wave at all, rather something else entirely", "no WAV file"),
        (b"RIFF\x04\0\0\0WAVE", "no WAV file"),
        (&header(0), "holds no sound"),
    ];
    for (bytes, says) in cases {
        std::fs::write(&path, bytes).unwrap();
        let error = WavReader::open(&path).err().expect("an error").to_string();
        assert!(error.contains(says), "{error}");
    }
    assert!(matches!(WavReader::open(folder.path()), Err(WavError::NotWav { .. })));
    assert!(matches!(WavReader::open(&folder.path().join("none.wav")), Err(WavError::File { .. })));
    assert!(matches!(WavWriter::create(&folder.path().join("no/such/x.wav"), 1), Err(WavError::File { .. })));
}

#[test]
fn a_file_cut_short_plays_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.wav");
    let mut bytes = header(96_000).to_vec();
    bytes.resize(44 + 9_600, 1);
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(read_all(&path).len(), 4_800);
}

#[test]
fn broken_headers_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.wav");
    let mut seed = crate::base::seed::Seed::new(3);
    for _ in 0..500 {
        let mut bytes = header(960).to_vec();
        bytes.resize(44 + 960, 7);
        for _ in 0..3 {
            bytes[seed.below(44) as usize] = seed.next_u64() as u8;
        }
        std::fs::write(&path, bytes).unwrap();
        if let Ok(mut reader) = WavReader::open(&path) {
            let mut out = Tick::default();
            while reader.read(&mut out) > 0 {}
        }
    }
}

#[test]
fn a_file_is_valid_after_a_flush_and_when_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.wav");
    let mut writer = WavWriter::create(&path, 1).unwrap();
    writer.write(&[0.5; TICK]);
    writer.flush();
    assert_eq!(hound::WavReader::open(&path).unwrap().duration(), 480);
    writer.write(&[2.0; TICK]);
    drop(writer);
    let sound = read_all(&path);
    assert_eq!(sound.len(), 960);
    assert!(level::dbfs(&sound[480..]) > -0.01, "clipped, not wrapped");
}

#[test]
fn a_recording_keeps_both_sides_in_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    let mut recorder = Recorder::create(&path).unwrap();
    for _ in 0..100 {
        recorder.sent(&Tick::from([0.25; TICK]));
    }
    for _ in 0..10 {
        recorder.sent(&Tick::from([0.25; TICK]));
        recorder.heard(&Tick::from([0.5; TICK]));
    }
    drop(recorder);
    let mut reader = hound::WavReader::open(&path).unwrap();
    assert_eq!((reader.spec().channels, reader.duration()), (2, 110 * 480));
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    assert!(samples.iter().step_by(2).all(|left| *left == 8192));
    let right: Vec<i16> = samples.into_iter().skip(1).step_by(2).collect();
    assert_eq!(right[0], 0, "silence where the other side was not there yet");
    assert_eq!(right.iter().filter(|s| **s == 16384).count(), 10 * 480);
}

fn write_tone(path: &Path, spec: WavSpec) {
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for n in 0..spec.sample_rate {
        let sample = (f64::from(n) * 440.0 * std::f64::consts::TAU / f64::from(spec.sample_rate)).sin() * 0.5;
        for _ in 0..spec.channels {
            match spec.sample_format {
                SampleFormat::Float => writer.write_sample(sample as f32).unwrap(),
                SampleFormat::Int => {
                    let full = 2_f64.powi(i32::from(spec.bits_per_sample) - 1);
                    writer.write_sample((sample * full) as i32).unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
}

fn read_all(path: &Path) -> Vec<f32> {
    let mut reader = WavReader::open(path).unwrap();
    let (mut sound, mut out) = (Vec::new(), Tick::default());
    loop {
        let samples = reader.read(&mut out);
        if samples == 0 {
            return sound;
        }
        sound.extend_from_slice(&out.left()[..samples]);
    }
}

/// A plain header: 48 kHz, mono, 16 bit, `data` bytes to follow.
fn header(data: u32) -> [u8; 44] {
    let mut bytes = *b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xbb\0\0\0\x77\x01\0\x02\0\x10\0data\0\0\0\0";
    bytes[4..8].copy_from_slice(&(36 + data).to_le_bytes());
    bytes[40..44].copy_from_slice(&data.to_le_bytes());
    bytes
}
