//! How a call is heard, and how the others hear it.

use switchboard::phone::event::{Diagnosis, Event, Quality};

use crate::support::proxy::UdpProxy;
use crate::support::{TestPhone, TestService, connect};

#[tokio::test(flavor = "multi_thread")]
async fn each_side_learns_how_it_hears_and_how_it_is_heard() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 660).await;
    let call = connect(&mut alice, &mut bob).await;
    for phone in [&mut alice, &mut bob] {
        let quality = measures(phone, "both directions", |quality| {
            quality.mos_in.is_some() && quality.mos_out.is_some() && quality.rtt_ms.is_some()
        })
        .await;
        let outbound = quality.outbound.unwrap();
        assert!((0.0..=100.0).contains(&outbound.loss_percent) && outbound.jitter_ms.is_finite(), "{outbound:?}");
        let scale = |mos: f32| (1.0..=4.5).contains(&mos);
        assert!(scale(quality.mos_in.unwrap()) && scale(quality.mos_out.unwrap()), "{quality:?}");
        let heard: Vec<u16> = quality.heard.iter().map(|heard| heard.number).collect();
        assert_eq!(heard, [0], "the other side of a direct call");
    }
    alice.hangs_up(call).await;
    let summary = alice.ends().await;
    assert!(summary.quality.mos_in.is_some() && summary.quality.mos_out.is_some(), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_heard_badly_is_told_by_the_service() {
    let (_service, proxy, mut alice, mut bob, _) = UdpProxy::with_a_call().await;
    alice.hears_something().await;
    proxy.loses_each(4);

    let outbound = |quality: &Quality| quality.outbound.map_or(0.0, |outbound| outbound.loss_percent);
    let quality = measures(&mut alice, "loss on the way out", |quality| outbound(quality) > 10.0).await;
    assert!(quality.outbound.unwrap().lost_packets > 0 && quality.mos_out.unwrap() < 4.0, "{quality:?}");
    bob.until("hear of bad sound", |event| wrong(event, Diagnosis::NetworkPoor)).await;
    alice.until("hear that it is heard badly", |event| wrong(event, Diagnosis::TheyHearBadly)).await;
}

async fn measures(phone: &mut TestPhone, what: &str, enough: impl Fn(&Quality) -> bool) -> Quality {
    let what = format!("measure {what}");
    phone
        .until(&what, |event| match event {
            Event::Quality { quality, .. } if enough(quality) => Some(quality.clone()),
            _ => None,
        })
        .await
}

fn wrong(event: &Event, what: Diagnosis) -> Option<()> {
    matches!(event, Event::Diagnoses { diagnoses, .. } if diagnoses.contains(&what)).then_some(())
}
