//! What the networks of a region play: pitches and cadences as they are commonly given, after ITU-T E.180 supplement 2
//! (01/1994), "Various tones used in national networks". Some are from tables that quote it, as switches and telephone
//! adapters come with them, and networks of one country differ: enough to know a tone by, and no reference. How loud is our
//! own choice: a phone plays next to an ear.

use super::{Part, Region, pair, pause, softer, steady, trembling};

/// The tones of a region's networks.
pub(super) struct Plan {
    pub(super) ring_back: &'static [Part],
    pub(super) busy: &'static [Part],
    pub(super) congestion: &'static [Part],
    /// Played within a talk, with the long pause after which networks repeat it. North America's is as in ITU-T E.180
    /// supplement 2 (04/1998), as Silicon Labs AN93 quotes it in its table of SAS cadences; the others, Germany's too, are
    /// from unofficial lists, such as the tone tables that telephone switches come with.
    pub(super) waiting: &'static [Part],
}

/// How much softer call waiting is than the rest: somebody is talking.
const ASIDE: f64 = 0.63;

/// The common plan of European administrations: most of them play this, or something very near.
const EUROPE: Plan = Plan {
    ring_back: &[steady(425.0, 1000), pause(4000)],
    busy: &[steady(425.0, 500), pause(500)],
    congestion: &[steady(425.0, 250), pause(250)],
    waiting: &[softer(steady(425.0, 200), ASIDE), pause(600), softer(steady(425.0, 200), ASIDE), pause(3000)],
};

/// The North American plan.
const UNITED_STATES: Plan = Plan {
    ring_back: &[pair(440.0, 480.0, 2000), pause(4000)],
    busy: &[pair(480.0, 620.0, 500), pause(500)],
    congestion: &[pair(480.0, 620.0, 250), pause(250)],
    waiting: &[softer(steady(440.0, 300), ASIDE), pause(10_000)],
};

const UNITED_KINGDOM: Plan = Plan {
    ring_back: &[pair(400.0, 450.0, 400), pause(200), pair(400.0, 450.0, 400), pause(2000)],
    busy: &[steady(400.0, 375), pause(375)],
    congestion: &[steady(400.0, 400), pause(350), steady(400.0, 225), pause(525)],
    waiting: &[softer(steady(400.0, 100), ASIDE), pause(4000)],
};

const FRANCE: Plan = Plan {
    ring_back: &[steady(440.0, 1500), pause(3500)],
    busy: &[steady(440.0, 500), pause(500)],
    // None of its own is known here: the quick cadence of the European plan, at the country's pitch.
    congestion: &[steady(440.0, 250), pause(250)],
    waiting: &[softer(steady(440.0, 300), ASIDE), pause(10_000)],
};

const GERMANY: Plan = Plan {
    ring_back: &[steady(425.0, 1000), pause(4000)],
    busy: &[steady(425.0, 480), pause(480)],
    congestion: &[steady(425.0, 240), pause(240)],
    waiting: &[softer(steady(425.0, 200), ASIDE), pause(200), softer(steady(425.0, 200), ASIDE), pause(5000)],
};

const JAPAN: Plan = Plan {
    ring_back: &[trembling(400.0, 16.0, 1000), pause(2000)],
    busy: &[steady(400.0, 500), pause(500)],
    // One tone for both.
    congestion: &[steady(400.0, 500), pause(500)],
    waiting: &[softer(trembling(400.0, 16.0, 500), ASIDE), pause(8000)],
};

const AUSTRALIA: Plan = Plan {
    ring_back: &[trembling(425.0, 25.0, 400), pause(200), trembling(425.0, 25.0, 400), pause(2000)],
    busy: &[steady(425.0, 375), pause(375)],
    // Every other one 10 dB softer.
    congestion: &[steady(425.0, 375), pause(375), softer(steady(425.0, 375), 0.316), pause(375)],
    waiting: &[softer(steady(425.0, 200), ASIDE), pause(200), softer(steady(425.0, 200), ASIDE), pause(4400)],
};

impl Region {
    pub(super) fn plan(self) -> &'static Plan {
        match self {
            Self::Europe => &EUROPE,
            Self::UnitedStates => &UNITED_STATES,
            Self::UnitedKingdom => &UNITED_KINGDOM,
            Self::France => &FRANCE,
            Self::Germany => &GERMANY,
            Self::Japan => &JAPAN,
            Self::Australia => &AUSTRALIA,
        }
    }
}
