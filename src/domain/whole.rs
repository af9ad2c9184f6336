//! Whole numbers in JSON. `3.0` is one as well as `3`: JSON knows one kind of number (RFC 8259 section 6), JSON Schema calls both
//! an integer, and some programs write no other way.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Up to here floating-point numbers tell all whole ones apart.
const MOST_AS_FLOAT: f64 = 9_007_199_254_740_992.0;

/// A whole number from 0 on, however it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole(pub u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyNumber)
    }
}

struct AnyNumber;

impl Visitor<'_> for AnyNumber {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0 on")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
        Ok(Whole(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
        u64::try_from(number).map(Whole).map_err(|_| E::custom(format!("{number} is not a whole number from 0 on")))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Whole, E> {
        // Nothing is lost: it is whole, and in range.
        if number.fract() == 0.0 && (0.0..=MOST_AS_FLOAT).contains(&number) {
            Ok(Whole(number as u64))
        } else {
            Err(E::custom(format!("{number} is not a whole number from 0 on")))
        }
    }
}

impl JsonSchema for Whole {
    fn schema_name() -> Cow<'static, str> {
        "Whole".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        u64::json_schema(generator)
    }
}

/// A field that holds such a number.
///
/// # Errors
/// When it is none, or too large for the field.
pub fn number<'de, T: TryFrom<u64>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let Whole(number) = Whole::deserialize(from)?;
    T::try_from(number).map_err(|_| D::Error::custom(format!("{number} is too large")))
}

/// A field that holds such a number, or none.
///
/// # Errors
/// As [`number`].
pub fn optional<'de, T: TryFrom<u64>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    let Some(Whole(number)) = Option::<Whole>::deserialize(from)? else { return Ok(None) };
    T::try_from(number).map(Some).map_err(|_| D::Error::custom(format!("{number} is too large")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_be_written_as_a_fraction_of_nothing() {
        for (text, number) in [("3", 3), ("3.0", 3), ("3e2", 300), ("-0.0", 0), ("9007199254740993", (1 << 53) + 1)] {
            assert_eq!(serde_json::from_str::<Whole>(text).unwrap(), Whole(number), "{text}");
        }
        for text in ["3.5", "-1", "-1.0", "1e300", "\"3\"", "true", "null"] {
            assert!(serde_json::from_str::<Whole>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_that_does_not_fit_is_refused() {
        let read = |text: &str| number::<u8, _>(&mut serde_json::Deserializer::from_str(text));
        assert_eq!(read("255.0").unwrap(), 255);
        assert!(read("256").unwrap_err().to_string().contains("256 is too large"));
        let read = |text: &str| optional::<u8, _>(&mut serde_json::Deserializer::from_str(text));
        assert_eq!((read("null").unwrap(), read("7.0").unwrap()), (None, Some(7)));
        assert!(read("300.0").is_err());
    }
}
