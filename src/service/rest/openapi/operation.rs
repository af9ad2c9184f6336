//! How a route is described: beside its method, its path and who may call it, which the table of routes says.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::examples::Example;
use crate::protocol::failure::FailureCode;

/// What the document says of one route.
#[derive(Clone, Copy)]
pub(in super::super) struct Operation {
    /// By what generated clients call it.
    pub id: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What its path names, in that order.
    pub path: &'static [Field],
    /// What its query may ask for.
    pub query: &'static [Field],
    /// What it is sent.
    pub body: Option<Kind>,
    /// The status of its success, and what that brings.
    pub answer: (u16, Brings),
    /// Refusals of its own, beside those that every route has, or that follow from what it is sent and who may call it.
    pub refusals: &'static [FailureCode],
}

/// What an answer brings.
#[derive(Clone, Copy)]
pub(in super::super) enum Brings {
    /// Nothing.
    Nothing,
    /// JSON.
    Json(Kind),
    /// Bytes of this media type.
    Bytes(&'static str),
}

/// A parameter.
#[derive(Clone, Copy)]
pub(in super::super) struct Field {
    pub name: &'static str,
    pub means: &'static str,
    pub needed: bool,
    pub kind: Kind,
}

/// A type of the wire: its schema, and an example.
#[derive(Clone, Copy)]
pub(in super::super) struct Kind {
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    pub example: &'static str,
    /// The example, read as that type and written again.
    #[cfg(test)]
    pub again: fn() -> serde_json::Result<Value>,
}

impl Operation {
    /// An operation that takes nothing, and brings nothing: `204`.
    pub const fn new(id: &'static str, summary: &'static str) -> Self {
        Self { id, summary, path: &[], query: &[], body: None, answer: (204, Brings::Nothing), refusals: &[] }
    }

    /// The same, which brings JSON: `200`.
    pub const fn brings(self, kind: Kind) -> Self {
        Self { answer: (200, Brings::Json(kind)), ..self }
    }

    /// The same, about what its path names.
    pub const fn about(self, path: &'static [Field]) -> Self {
        Self { path, ..self }
    }

    /// The same, with a query.
    pub const fn asked(self, query: &'static [Field]) -> Self {
        Self { query, ..self }
    }

    /// The same, which is sent JSON.
    pub const fn sent(self, body: Kind) -> Self {
        Self { body: Some(body), ..self }
    }

    /// The same, which makes something: `201`.
    pub const fn makes(self) -> Self {
        Self { answer: (201, self.answer.1), ..self }
    }

    /// The same, which is also refused with these.
    pub const fn refused(self, refusals: &'static [FailureCode]) -> Self {
        Self { refusals, ..self }
    }
}

impl Field {
    /// One without which a request is refused.
    pub const fn needed(name: &'static str, means: &'static str, kind: Kind) -> Self {
        Self { name, means, needed: true, kind }
    }

    /// One that may be left out.
    pub const fn optional(name: &'static str, means: &'static str, kind: Kind) -> Self {
        Self { needed: false, ..Self::needed(name, means, kind) }
    }
}

impl Kind {
    #[cfg(not(test))]
    pub const fn of<T: JsonSchema + Example>() -> Self {
        Self { schema: schema::<T>, example: T::JSON }
    }

    #[cfg(test)]
    pub const fn of<T: JsonSchema + Example + serde::Serialize + serde::de::DeserializeOwned>() -> Self {
        Self { schema: schema::<T>, example: T::JSON, again: again::<T> }
    }

    /// The example.
    pub fn example(&self) -> Value {
        serde_json::from_str(self.example).expect("examples are JSON")
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

#[cfg(test)]
fn again<T: Example + serde::Serialize + serde::de::DeserializeOwned>() -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_str::<T>(T::JSON)?)
}
