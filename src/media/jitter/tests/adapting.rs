//! How the delay follows the network, and returns.

use super::*;

#[test]
fn a_call_begins_early_and_soon_waits_no_longer_than_it_has_to() {
    let heard = Network::new(150).play();
    assert!(heard.began_after(Duration::from_millis(31)));
    // A packet of 20 ms is there; half of it is played already when the next tick is due.
    assert!(heard.most_waiting_after(1.0) <= 25.0, "{}", heard.most_waiting_after(1.0));
}

#[test]
fn the_wait_follows_the_jitter_up_at_once_and_down_in_time() {
    let mut network = Network::new(2500);
    let mut random = Seed::new(1);
    network.delay_each(|index| if (500..1000).contains(&index) { random.below(60) } else { 0 });
    let heard = network.play();
    assert!(heard.target_at(9.0) < 5.0, "{}", heard.target_at(9.0));
    assert!(heard.target_at(11.5) > 40.0, "{}", heard.target_at(11.5));
    assert!(heard.target_at(49.0) < 10.0, "{}", heard.target_at(49.0));
    assert!(heard.most_waiting_after(45.0) <= 30.0, "{}", heard.most_waiting_after(45.0));
    assert!(heard.stats.shortened_ms > 20, "{:?}", heard.stats);
}

#[test]
fn a_stall_now_and_then_costs_no_word_and_is_forgotten() {
    let mut network = Network::new(3000);
    network.delay_each(|index| (8 - (index as u64 % 150).min(8)) * 20 * u64::from((150..1450).contains(&index)));
    let heard = network.play();
    assert_eq!((heard.stats.lost, heard.stats.late), (0, 0));
    assert!(heard.stats.skipped_ms <= 9 * 100, "a sound at most, each time: {:?}", heard.stats);
    for second in (5..29).step_by(3) {
        let second = f64::from(second) + 0.8;
        assert!(heard.target_at(second) < 10.0, "{second}: {}", heard.target_at(second));
        let waiting = heard.waiting[(second * 100.0) as usize];
        assert!(waiting <= 80.0, "{second}: {waiting}");
    }
    assert!(heard.target_at(58.0) < 10.0, "{}", heard.target_at(58.0));
    assert!(heard.most_waiting_after(58.0) <= 40.0, "{}", heard.most_waiting_after(58.0));
    assert!(heard.stats.shortened_ms > 300, "{:?}", heard.stats);
}

#[test]
fn a_stall_every_half_second_is_no_exception() {
    let mut network = Network::new(1000);
    network.delay_each(|index| (4 - (index as u64 % 25).min(4)) * 20);
    let heard = network.play();
    assert!(heard.target_at(15.0) >= 60.0, "{}", heard.target_at(15.0));
}

#[test]
fn what_comes_too_late_is_late_and_not_lost() {
    let mut network = Network::new(200);
    network.packets[100].0 += 300;
    network.packets.remove(150);
    let heard = network.play();
    assert_eq!((heard.stats.lost, heard.stats.late), (1, 1), "{:?}", heard.stats);
}

#[test]
fn a_path_that_becomes_longer_is_followed() {
    let mut network = Network::new(1000);
    network.delay_each(|index| if index < 500 { 0 } else { 100 });
    let heard = network.play();
    assert_eq!((heard.stats.lost, heard.stats.late), (0, 0), "{:?}", heard.stats);
    assert!(heard.stats.concealed_ms + heard.stats.lengthened_ms < 400, "{:?}", heard.stats);
    assert!(heard.most_waiting_after(18.0) <= 45.0, "{}", heard.most_waiting_after(18.0));
}

#[test]
fn after_a_stall_of_the_sender_sound_is_back_with_its_first_packet() {
    for (gap, goes_on) in [(3_000, true), (600, true), (200, true), (3_000, false), (600, false), (200, false)] {
        let case = format!("{gap} ms, timestamps {}", if goes_on { "go on" } else { "stand still" });
        let mut network = Network::new(1300);
        for (at, packet) in network.packets.iter_mut().filter(|(_, packet)| packet.sequence >= FIRST + 200) {
            *at += gap;
            if goes_on {
                packet.timestamp += gap as u32 * 48;
                packet.marker = packet.sequence == FIRST + 200;
            }
        }
        let heard = network.play();
        assert_eq!(
            (heard.stats.lost, heard.stats.late, heard.stats.skipped_ms),
            (0, 0, 0),
            "{case}: {:?}",
            heard.stats
        );
        let back = 4.0 + gap as f64 / 1000.0;
        let level = level::dbfs(heard.between(back + 0.02, back + 0.06));
        assert!(level > -20.0, "{case}: {level}");
        // Whoever stands still seems to come by a longer way, until how it was before is forgotten.
        let settled = back + if goes_on { 0.5 } else { 15.0 };
        assert!(heard.most_waiting_after(settled) <= 45.0, "{case}: {}", heard.most_waiting_after(settled));
        assert!(heard.purity(settled, back + 21.9) > 0.95, "{case}: {}", heard.purity(settled, back + 21.9));
    }
}

#[test]
fn clocks_that_drift_apart_lose_nothing_in_ten_minutes() {
    for per_million in [-200_i64, 200] {
        let mut buffer = JitterBuffer::new().unwrap();
        let packets = Network::new(3000).packets;
        let (mut tick, mut next, mut most) = (Tick::default(), 0_u64, 0.0_f32);
        for pull in 0..60_000_u64 {
            let micros = pull * 10_000 + 5_000 + pull * 10_000 / 1000 * 200 / 1000;
            let micros = if per_million < 0 { 2 * (pull * 10_000 + 5_000) - micros } else { micros };
            while next * 20_000 <= micros {
                let mut packet = packets[next as usize % 3000].1.clone();
                packet.sequence = FIRST + next;
                packet.timestamp = (next * FRAME as u64) as u32;
                packet.marker = next == 0;
                buffer.insert(&packet, start() + Duration::from_micros(next * 20_000));
                next += 1;
            }
            buffer.pull(&mut tick, start() + Duration::from_micros(micros));
            most = if pull > 100 { most.max(buffer.stats().buffer_ms) } else { 0.0 };
        }
        let stats = buffer.stats();
        assert_eq!((stats.lost, stats.late, stats.skipped_ms), (0, 0, 0), "{per_million} ppm: {stats:?}");
        assert!(stats.concealed_ms <= 20, "{per_million} ppm: {stats:?}");
        assert!(most <= 45.0, "{per_million} ppm: {most} ms");
        assert!((60..400).contains(&(stats.shortened_ms + stats.lengthened_ms)), "{per_million} ppm: {stats:?}");
    }
}

#[test]
fn whatever_the_network_does_it_is_never_stuck() {
    for seed in 0..10 {
        let mut random = Seed::new(seed);
        let mut network = Network::new(900);
        let (jitter, loss, spike) = (1 + random.below(120), random.below(30), random.below(400));
        let stalled = random.below(600) as usize;
        network.delay_each(|index| match index {
            0..700 => random.below(jitter) + if index.abs_diff(stalled) < 10 { spike } else { 0 },
            _ => 0,
        });
        network.packets.retain(|(_, packet)| packet.sequence > FIRST + 700 || random.below(100) >= loss);
        let heard = network.play();
        assert!(heard.sound.iter().all(|sample| sample.abs() <= 1.0), "seed {seed}");
        assert!(heard.most_waiting_after(1.0) < 1000.0, "seed {seed}: {}", heard.most_waiting_after(1.0));
        assert!(heard.purity(16.5, 17.9) > 0.8, "seed {seed}: {} {:?}", heard.purity(16.5, 17.9), heard.stats);
    }
}

impl Heard {
    fn target_at(&self, second: f64) -> f32 {
        self.targets[(second * 100.0) as usize]
    }
}
