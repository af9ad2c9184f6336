//! The codec: round trips, copies, concealment, hostile packets.

use super::*;
use crate::base::seed::Seed;
use crate::media::level;
use crate::media::packet::FRAME;

#[test]
fn a_tone_survives_the_round_trip() {
    let (mut encoder, mut decoder) = (Encoder::new(Encoding::SPEECH).unwrap(), Decoder::new().unwrap());
    let mut sound = Vec::new();
    for index in 0..50 {
        let mut packet = [0; PACKET_ROOM];
        let length = encoder.encode(&voice(index), &mut packet).unwrap();
        let mut out = [0.0; LONGEST];
        let samples = decoder.decode(&packet[..length], &mut out).unwrap();
        assert_eq!(samples, FRAME);
        sound.extend_from_slice(&out[..samples]);
    }
    let level = level::dbfs(&sound[24_000..]);
    assert!((level - -12.0).abs() < 2.0, "{level}");
}

#[test]
fn a_lost_packet_comes_back_from_the_copy_in_the_next() {
    let mut encoder = Encoder::new(Encoding::SPEECH).unwrap();
    encoder.set_expected_loss(30).unwrap();
    // A voice that begins to speak now and then: the encoder copies only what it takes for speech.
    let packets: Vec<Vec<u8>> = (0..60)
        .map(|index| {
            let mut packet = [0; PACKET_ROOM];
            let gain = if index % 20 < 10 { 0.0 } else { 1.0 };
            let length = encoder.encode(&voice(index).map(|s| s * gain), &mut packet).unwrap();
            packet[..length].to_vec()
        })
        .collect();
    let next = (50..60).find(|index| has_copy(&packets[*index])).expect("a packet with a copy");
    let mut decoder = Decoder::new().unwrap();
    let mut out = [0.0; LONGEST];
    for packet in &packets[..next - 1] {
        decoder.decode(packet, &mut out).unwrap();
    }
    assert_eq!(decoder.decode_fec(&packets[next], &mut out[..FRAME]).unwrap(), FRAME);
    assert!(level::dbfs(&out[..FRAME]) > -25.0);
    assert_eq!(decoder.decode(&packets[next], &mut out).unwrap(), FRAME);
}

#[test]
fn concealment_continues_the_sound_and_fades() {
    let (mut encoder, mut decoder) = (Encoder::new(Encoding::SPEECH).unwrap(), Decoder::new().unwrap());
    let (mut packet, mut out) = ([0; PACKET_ROOM], [0.0; LONGEST]);
    for index in 0..20 {
        let length = encoder.encode(&voice(index), &mut packet).unwrap();
        decoder.decode(&packet[..length], &mut out).unwrap();
    }
    decoder.conceal(&mut out[..FRAME]).unwrap();
    assert!(level::dbfs(&out[..FRAME]) > -25.0);
    assert!(decoder.conceal(&mut out[..7]).is_err());
}

#[test]
fn hostile_packets_are_refused_without_harm() {
    let mut decoder = Decoder::new().unwrap();
    let mut seed = Seed::new(7);
    let mut out = [0.0; LONGEST];
    assert!(decoder.decode(&[], &mut out).is_err());
    assert!(decoder.decode_fec(&[], &mut out[..FRAME]).is_err());
    for _ in 0..3000 {
        let length = 1 + seed.below(200) as usize;
        let packet: Vec<u8> = (0..length).map(|_| seed.next_u64() as u8).collect();
        if let Ok(samples) = decoder.decode(&packet, &mut out) {
            assert!(samples <= LONGEST);
        }
        let _ = decoder.decode_fec(&packet, &mut out[..FRAME]);
        has_copy(&packet);
    }
    let mut encoder = Encoder::new(Encoding::SPEECH).unwrap();
    assert!(encoder.encode(&voice(0), &mut [0; 0]).is_err());
}

/// 20 ms of something like a vowel: a pitch of 150 Hz and its harmonics, −12 dBFS.
fn voice(index: usize) -> [f32; FRAME] {
    std::array::from_fn(|at| {
        let time = (index * FRAME + at) as f64 / 48_000.0;
        let wave = |harmonic: f64| (std::f64::consts::TAU * 150.0 * harmonic * time).sin() / harmonic;
        (0.295 * (wave(1.0) + wave(2.0) + wave(3.0))) as f32
    })
}
