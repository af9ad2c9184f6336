//! The kit: reads samples, holds types against them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Samples by the name of what they are samples of; the first of each has every field.
pub type Samples = BTreeMap<String, Vec<Value>>;

/// Reads a file of samples.
pub fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/samples").join(format!("{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// There are samples of all of these and of nothing else.
pub fn cover(samples: &Samples, names: &[&str]) {
    for name in names {
        assert!(samples.get(*name).is_some_and(|some| !some.is_empty()), "no sample of {name}: add one");
    }
    for name in samples.keys() {
        assert!(names.contains(&name.as_str()), "{name} was on the wire; peers of other versions still send it");
    }
}

/// Every sample of a type is read and written again as it was.
pub fn round_trip<T: Serialize + DeserializeOwned>(samples: &[Value]) {
    for (sample, full) in samples.iter().zip([true].into_iter().chain(std::iter::repeat(false))) {
        let value: T = serde_json::from_value(sample.clone()).unwrap_or_else(|why| panic!("{why}: {sample}"));
        written_as(&serde_json::to_value(&value).unwrap(), sample, full);
        let newer: T = serde_json::from_value(with_unknown_fields(sample, ""))
            .unwrap_or_else(|why| panic!("an unknown field was not ignored: {why}: {sample}"));
        assert_eq!(serde_json::to_value(&newer).unwrap(), serde_json::to_value(&value).unwrap());
    }
}

/// What was written is the sample; unless the sample is `full`, fields with default values may have joined it.
pub fn written_as(written: &Value, sample: &Value, full: bool) {
    if full {
        assert_eq!(written, sample);
    } else {
        assert!(within(sample, written), "{sample}\nis written as\n{written}");
    }
}

fn within(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            old.iter().all(|(key, value)| new.get(key).is_some_and(|found| within(value, found)))
        }
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| within(old, new))
        }
        _ => old == new,
    }
}

/// The sample as a newer version might write it: with fields nobody knows yet, everywhere but beside a variant's name.
pub fn with_unknown_fields(sample: &Value, of: &str) -> Value {
    match sample {
        Value::Object(fields) => {
            let mut fields: serde_json::Map<_, _> =
                fields.iter().map(|(key, value)| (key.clone(), with_unknown_fields(value, key))).collect();
            if !["request", "response", "notice"].contains(&of) {
                fields.insert("of_a_later_version".to_owned(), json!({ "deep": [1, null] }));
            }
            Value::Object(fields)
        }
        Value::Array(items) => items.iter().map(|item| with_unknown_fields(item, "")).collect(),
        other => other.clone(),
    }
}

/// A list of an enum's variants and what each is called on the wire, complete because the compiler says so.
macro_rules! names {
    ($list:ident, $of:ident: $type:path { $($pattern:pat => $name:literal),* $(,)? }) => {
        const $list: &[&str] = &[$($name),*];

        #[allow(unreachable_patterns, reason = "a list of literals may be matched by value")]
        fn $of(value: &$type) -> &'static str {
            match value { $($pattern => $name),* }
        }
    };
}
