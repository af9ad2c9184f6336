//! Words for how well people hear each other.

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
