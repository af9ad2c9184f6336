//! Judging a microphone and a speaker by what was recorded with them: does the speaker come back, after how long and how
//! loud; is a voice heard well; how does it sound after the codec. Recording is done elsewhere.

mod echo;
mod speech;

pub use echo::{ECHO_WITHIN_MS, Echo, chirps, find_echo};
pub use speech::{Spoken, Voice, judge};

use super::opus::{Decoder, Encoder, Encoding, LONGEST, OpusError, PACKET_ROOM};

/// `sound` (48 kHz) as somebody hears it at the other end of a faultless line.
///
/// # Errors
/// When the codec can't be set up, or refuses.
pub fn coded(sound: &[f32], encoding: Encoding) -> Result<Vec<f32>, OpusError> {
    let (mut encoder, mut decoder) = (Encoder::new(encoding)?, Decoder::new()?);
    let (mut packet, mut piece) = ([0; PACKET_ROOM], vec![0.0; LONGEST]);
    let mut coded = Vec::with_capacity(sound.len());
    for frame in sound.chunks(encoding.frame) {
        let mut samples: Vec<f32> = frame.to_vec();
        samples.resize(encoding.frame, 0.0);
        if encoding.stereo {
            samples = samples.iter().flat_map(|sample| [*sample, *sample]).collect();
        }
        let length = encoder.encode(&samples, &mut packet)?;
        // In a pause a thin line gets nothing, or next to nothing: what the listener hears there is made up.
        let decoded = match length {
            0..=2 => decoder.conceal(&mut piece[..encoding.frame])?,
            _ => decoder.decode(&packet[..length], &mut piece)?,
        };
        coded.extend_from_slice(&piece[..decoded]);
    }
    coded.truncate(sound.len());
    Ok(coded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::profile::Profile;
    use crate::media::tones::strength;

    #[test]
    fn every_profile_lets_a_voice_through() {
        for profile in Profile::ALL {
            let sound: Vec<f32> = (0..48_000).map(|n| (n as f32 * 0.0576).sin() * 0.3).collect();
            let heard = coded(&sound[..47_990], profile.encoding()).unwrap();
            assert_eq!(heard.len(), 47_990, "{profile:?}");
            let level = strength(&heard[9_600..], 440.0);
            assert!((0.2..0.4).contains(&level), "{profile:?}: {level}");
        }
    }
}
