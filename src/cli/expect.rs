//! `--expect`: what the summary of a call has to meet, such as `heard_ms>1000`.

use std::fmt;
use std::str::FromStr;

use super::json::SummaryLine;

/// One comparison of a summary's field with a number.
#[derive(Debug, Clone)]
pub struct Expectation {
    field: &'static Field,
    comparison: Comparison,
    value: f64,
}

/// A field's name, and its value in a summary; `None` where there is none.
type Field = (&'static str, fn(&SummaryLine) -> Option<f64>);

/// The fields, by the names they have in the summary's line. `true` counts as 1.
const FIELDS: &[Field] = &[
    ("connected", |s| Some(f64::from(u8::from(s.connected)))),
    ("seconds", |s| Some(s.seconds)),
    ("code", |s| Some(s.end.code.into())),
    ("sub_code", |s| Some(s.end.sub_code.into())),
    ("sent_packets", |s| Some(s.audio.figures.sent_packets as f64)),
    ("received_packets", |s| Some(s.audio.figures.received_packets as f64)),
    ("lost_packets", |s| Some(s.audio.figures.lost_packets as f64)),
    ("late_packets", |s| Some(s.audio.figures.late_packets as f64)),
    ("repaired_packets", |s| Some(s.audio.figures.repaired_packets as f64)),
    ("rtt_ms", |s| s.audio.figures.rtt_ms.map(f64::from)),
    ("jitter_ms", |s| Some(s.audio.figures.jitter_ms.into())),
    ("concealed_ms", |s| Some(s.audio.figures.concealed_ms as f64)),
    ("buffer_ms", |s| Some(s.audio.figures.buffer_ms.into())),
    ("kbps_in", |s| Some(s.audio.figures.kbps_in.into())),
    ("kbps_out", |s| Some(s.audio.figures.kbps_out.into())),
    ("mos_in", |s| s.audio.figures.mos_in.map(f64::from)),
    ("mos_out", |s| s.audio.figures.mos_out.map(f64::from)),
    ("sent_loss_percent", |s| s.audio.figures.sent_loss_percent.map(f64::from)),
    ("sent_lost_packets", |s| s.audio.figures.sent_lost_packets.map(|packets| packets as f64)),
    ("sent_jitter_ms", |s| s.audio.figures.sent_jitter_ms.map(f64::from)),
    ("underruns", |s| Some(s.audio.figures.underruns as f64)),
    ("overruns", |s| Some(s.audio.figures.overruns as f64)),
    ("late_ticks", |s| Some(s.audio.figures.late_ticks as f64)),
    ("dropped_packets", |s| Some(s.audio.figures.dropped_packets as f64)),
    ("erle_db", |s| s.audio.figures.erle_db.map(f64::from)),
    ("first_audio_ms", |s| s.audio.first_audio_ms.map(|ms| ms as f64)),
    ("heard_ms", |s| Some(s.audio.heard_ms as f64)),
    ("level_in_dbfs", |s| s.audio.level_in_dbfs.map(f64::from)),
    ("level_out_dbfs", |s| s.audio.level_out_dbfs.map(f64::from)),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Greater,
    AtLeast,
    Less,
    AtMost,
    Equal,
    Different,
}

/// Longer signs first: `>=` also begins with `>`.
const SIGNS: &[(&str, Comparison)] = &[
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("==", Comparison::Equal),
    ("!=", Comparison::Different),
    (">", Comparison::Greater),
    ("<", Comparison::Less),
    ("=", Comparison::Equal),
];

/// Why a text is no expectation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnExpectation {
    /// No comparison in it.
    #[error("use FIELD, one of > >= < <= == !=, and a number, such as heard_ms>1000")]
    NoComparison,
    /// The summary has no such field.
    #[error("the summary has no number called `{0}`; it has: {names}", names = names())]
    NoSuchField(String),
    /// What it is compared with is no number.
    #[error("`{0}` is no number")]
    NotANumber(String),
}

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("expected {expected}, but {field} is {}", found.map_or_else(|| "not known".to_owned(), |found| found.to_string()))]
pub struct Unmet {
    /// The expectation.
    pub expected: String,
    /// The field.
    pub field: &'static str,
    /// Its value, if it has one.
    pub found: Option<f64>,
}

fn names() -> String {
    FIELDS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl Expectation {
    /// Holds it against a summary. A field without a value meets nothing.
    ///
    /// # Errors
    /// When it is not met.
    pub fn check(&self, summary: &SummaryLine) -> Result<(), Unmet> {
        let (field, read) = *self.field;
        let found = read(summary);
        if found.is_some_and(|found| self.comparison.holds(found, self.value)) {
            return Ok(());
        }
        Err(Unmet { expected: self.to_string(), field, found })
    }
}

impl Comparison {
    fn holds(self, found: f64, wanted: f64) -> bool {
        match self {
            Self::Greater => found > wanted,
            Self::AtLeast => found >= wanted,
            Self::Less => found < wanted,
            Self::AtMost => found <= wanted,
            Self::Equal => found == wanted,
            Self::Different => found != wanted,
        }
    }

    fn sign(self) -> &'static str {
        SIGNS.iter().find(|(_, comparison)| *comparison == self).map_or("", |(sign, _)| sign)
    }
}

impl FromStr for Expectation {
    type Err = NotAnExpectation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = text.find(['>', '<', '=', '!']).ok_or(NotAnExpectation::NoComparison)?;
        let (name, rest) = (text[..at].trim(), &text[at..]);
        let (sign, comparison) =
            SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)).ok_or(NotAnExpectation::NoComparison)?;
        let bare = name.strip_prefix("audio.").or_else(|| name.strip_prefix("end.")).unwrap_or(name);
        let field = FIELDS.iter().find(|(known, _)| *known == bare);
        let field = field.ok_or_else(|| NotAnExpectation::NoSuchField(name.to_owned()))?;
        Ok(Self { field, comparison: *comparison, value: number(rest[sign.len()..].trim())? })
    }
}

fn number(text: &str) -> Result<f64, NotAnExpectation> {
    match text {
        "true" => Ok(1.0),
        "false" => Ok(0.0),
        text => {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            number.ok_or_else(|| NotAnExpectation::NotANumber(text.to_owned()))
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.field.0, self.comparison.sign(), self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::end_reason::EndReason;

    fn summary() -> SummaryLine {
        let mut summary = SummaryLine::without_call(EndReason::HUNG_UP, String::new());
        summary.connected = true;
        summary.seconds = 5.5;
        summary.audio.heard_ms = 1000;
        summary.audio.level_in_dbfs = Some(-20.5);
        summary
    }

    #[track_caller]
    fn met(text: &str) -> bool {
        text.parse::<Expectation>().unwrap().check(&summary()).is_ok()
    }

    #[test]
    fn every_comparison_holds_where_it_should() {
        for text in [
            "heard_ms>999",
            "heard_ms >= 1000",
            "heard_ms<1001",
            "audio.heard_ms<=1000",
            "heard_ms==1000",
            "heard_ms=1000",
            "heard_ms!=0",
            "connected==true",
            "end.code==0",
            "level_in_dbfs>-21",
            "seconds>5.4",
        ] {
            assert!(met(text), "{text}");
        }
        for text in ["heard_ms>1000", "heard_ms>=1000.5", "heard_ms<1000", "heard_ms!=1000", "connected==false"] {
            assert!(!met(text), "{text}");
        }
    }

    #[test]
    fn every_number_of_the_summary_can_be_expected() {
        let line = serde_json::to_value(summary()).unwrap();
        let mut names: Vec<String> = FIELDS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut told: Vec<String> = ["connected", "seconds", "code", "sub_code"].map(str::to_owned).into();
        // What the sound goes over is a word.
        let audio = line["audio"].as_object().unwrap().keys().filter(|name| *name != "transport");
        told.extend(audio.cloned());
        names.sort_unstable();
        told.sort_unstable();
        assert_eq!(names, told);
    }

    #[test]
    fn what_is_not_known_meets_nothing_and_is_named() {
        for text in ["rtt_ms>0", "rtt_ms<=0", "rtt_ms!=1"] {
            assert!(!met(text), "{text}");
        }
        let unmet = |text: &str| text.parse::<Expectation>().unwrap().check(&summary()).unwrap_err().to_string();
        assert_eq!(unmet("rtt_ms < 9"), "expected rtt_ms<9, but rtt_ms is not known");
        assert_eq!(unmet("audio.heard_ms>1500"), "expected heard_ms>1500, but heard_ms is 1000");
    }

    #[test]
    fn what_can_not_be_read_is_refused_with_what_could() {
        let refused = |text: &str| text.parse::<Expectation>().unwrap_err();
        assert_eq!(refused("heard_ms"), NotAnExpectation::NoComparison);
        assert_eq!(refused("heard_ms!5"), NotAnExpectation::NoComparison);
        assert!(refused("herd_ms>1").to_string().contains("heard_ms"));
        for text in ["heard_ms>", "heard_ms>many", "heard_ms>NaN", "heard_ms>inf", "heard_ms=>5"] {
            assert!(matches!(refused(text), NotAnExpectation::NotANumber(_)), "{text}");
        }
    }
}
