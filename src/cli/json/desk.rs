//! Lines of calls that go on with somebody else.

use schemars::JsonSchema;
use serde::Serialize;

use super::schema;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::{CallId, Identity, UserName};
use crate::domain::park::ParkSlot;
use crate::domain::person::Person;
use crate::domain::transfer::{HandedTo, Via};

/// Somebody, as lines name them.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct Who<'a> {
    #[schemars(with = "String")]
    id: &'a Identity,
    #[schemars(with = "String")]
    name: &'a UserName,
}

impl<'a> From<&'a Person> for Who<'a> {
    fn from(person: &'a Person) -> Self {
        Self { id: &person.identity, name: &person.name }
    }
}

/// The other side hands the call on: to somebody, or into a slot.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct HandedOnLine<'a> {
    #[schemars(with = "schema::Guid")]
    call_id: CallId,
    by: Who<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Who<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Slot>")]
    slot: Option<ParkSlot>,
    /// In which case, where whoever was called forwards it.
    #[serde(skip_serializing_if = "Option::is_none")]
    forwarded: Option<ForwardWhen>,
}

impl<'a> HandedOnLine<'a> {
    pub(super) fn new(call_id: CallId, by: &'a Person, to: &'a HandedTo, forwarded: Option<ForwardWhen>) -> Self {
        let (to, slot) = match to {
            HandedTo::Person { person } => (Some(person.into()), None),
            HandedTo::Slot { slot } => (None, Some(*slot)),
        };
        Self { call_id, by: by.into(), to, slot, forwarded }
    }
}

/// The call goes on under another id.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub(super) struct MovedLine {
    #[schemars(with = "schema::Guid")]
    pub(super) call_id: CallId,
    #[schemars(with = "schema::Guid")]
    pub(super) into: CallId,
}

/// How a call comes to ring here.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum ViaLine<'a> {
    /// Somebody hands it on.
    Transferred { by: Who<'a> },
    /// It was handed on from here, and not taken.
    Returned {
        from: Who<'a>,
        #[serde(flatten)]
        reason: EndReason,
    },
    /// Whoever was called forwards it here.
    Forwarded { by: Who<'a>, when: ForwardWhen },
    /// It was parked from here, and nobody picked it up.
    Recalled {
        #[schemars(with = "schema::Slot")]
        slot: ParkSlot,
    },
}

impl<'a> From<&'a Via> for ViaLine<'a> {
    fn from(via: &'a Via) -> Self {
        match via {
            Via::Transferred { by } => Self::Transferred { by: by.into() },
            Via::Returned { from, reason } => Self::Returned { from: from.into(), reason: *reason },
            Via::Forwarded { by, when } => Self::Forwarded { by: by.into(), when: *when },
            Via::Recalled { slot } => Self::Recalled { slot: *slot },
        }
    }
}
