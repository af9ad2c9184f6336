//! The lines as JSON Schema (draft 2020-12), made from the types the lines are made from.

use std::borrow::Cow;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Map, Value, json};

use super::{EventName, VERSION};

/// What a value is described as that is a text or a number in a line.
macro_rules! described {
    ($($(#[$doc:meta])* $name:ident: $schema:tt;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn inline_schema() -> bool {
                    true
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!($schema)
                }
            }
        )*
    };
}

described! {
    /// The ID of a call or a group.
    Guid: { "type": "string", "format": "uuid" };
    /// The key of a tone.
    Key: { "type": "string", "enum": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "A", "B", "C", "D"] };
    /// A slot of parked calls.
    Slot: { "type": "integer", "minimum": 1, "maximum": 20 };
}

/// The schema of one event's lines, or of any line.
pub fn of(event: Option<EventName>) -> Value {
    // What is written is described, not what would be read.
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let events = event.map_or(EventName::ALL, |one| {
        EventName::ALL.iter().find(|known| **known == one).map_or(&[], std::slice::from_ref)
    });
    let mut lines: Vec<Value> = events.iter().map(|event| of_event(*event, &mut generator)).collect();
    let mut root = match (event, lines.pop()) {
        (Some(_), Some(Value::Object(line))) => line,
        (_, last) => {
            lines.extend(last);
            let mut any = Map::new();
            any.insert("title".to_owned(), json!("A line of switchboard --json"));
            any.insert("oneOf".to_owned(), lines.into());
            any
        }
    };
    root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), definitions.into());
    }
    root.into()
}

fn of_event(event: EventName, generator: &mut SchemaGenerator) -> Value {
    let mut line = event.schema(generator);
    line["title"] = json!(event.as_str());
    line["description"] = json!(event.means().trim());
    line["properties"]["event"] = json!({ "const": event.as_str() });
    line["properties"]["v"] = json!({ "const": VERSION });
    line
}

#[cfg(test)]
pub(super) mod tests;
