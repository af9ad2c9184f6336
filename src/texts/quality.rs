//! Words for how well people hear each other.

use crate::domain::transport::Transport;

/// How good the sound is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Nobody minds.
    Good,
    /// Some notice.
    Fair,
    /// Many mind.
    Poor,
}

impl Grade {
    /// The grade of a mean opinion score: from 4.0 on users are satisfied, below 3.1 nearly all are not (ITU-T G.107
    /// Annex B).
    pub fn of_mos(mos: f32) -> Self {
        match mos {
            4.0.. => Self::Good,
            3.1.. => Self::Fair,
            _ => Self::Poor,
        }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
        }
    }
}

/// What sound goes over; `forced` where UDP does not get through.
pub fn goes_over(transport: Transport, forced: bool) -> &'static str {
    match (transport, forced) {
        (Transport::Tcp, true) => "sound goes over TCP: UDP does not get through",
        (Transport::Tcp, false) => "sound goes over TCP",
        (Transport::Udp, _) => "sound goes over UDP again",
    }
}

/// What is said of a call while its sound goes over TCP.
pub const OVER_TCP: &str = "sound goes over TCP: what is lost on the way makes the rest late";

/// How well the others are heard.
pub fn we_hear(mos: f32) -> String {
    format!("we hear them {mos:.1}")
}

/// How well the others hear.
pub fn they_hear(mos: f32) -> String {
    format!("they hear us {mos:.1}")
}

#[cfg(test)]
mod tests {
    use super::Grade;

    #[test]
    fn scores_have_grades() {
        for (mos, grade) in
            [(4.4, Grade::Good), (4.0, Grade::Good), (3.9, Grade::Fair), (3.0, Grade::Poor), (f32::NAN, Grade::Poor)]
        {
            assert_eq!(Grade::of_mos(mos), grade, "{mos}");
        }
    }
}
