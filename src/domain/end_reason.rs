//! Why a call ended: a code and a subcode, with the numbers of ACS where ACS has one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Code and subcode of an ended call ("troubleshooting call end response codes", ACS documentation).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EndReason {
    /// The main code; 0 is a normal end, the rest follow SIP.
    pub code: u16,
    /// What exactly happened.
    pub sub_code: u32,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal / $sub:literal;)*) => {
        impl EndReason {
            $($(#[$doc])* pub const $name: Self = Self { code: $code, sub_code: $sub };)*

            /// Every reason this program gives, for tables and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

reasons! {
    /// Somebody hung up.
    HUNG_UP = 0 / 0;
    /// Whoever it was with was handed on to somebody else. (Subcode ours.)
    TRANSFERRED = 0 / 1;
    /// Whoever it was with waits in a slot, to be picked up. (Subcode ours.)
    PARKED = 0 / 2;
    /// The people in it are in another call now, all together. (Subcode ours.)
    MERGED = 0 / 3;
    /// It goes on ringing at somebody else, as whoever was called wishes. (Subcode ours.)
    FORWARDED = 0 / 4;
    /// Who started a group call, or owns its group, ended it for everybody.
    ENDED_FOR_ALL = 0 / 4097;
    /// The other client vanished: socket and media lost.
    VANISHED = 0 / 4521;
    /// The caller gave up before an answer.
    CANCELLED = 487 / 0;
    /// Answered on another client of the same person.
    ANSWERED_ELSEWHERE = 487 / 10003;
    /// Somebody else picked it up while it rang. (Subcode ours.)
    PICKED_UP = 487 / 1;
    /// Nobody answered in time.
    RING_TIMEOUT = 487 / 10004;
    /// Declined.
    DECLINED = 603 / 0;
    /// The callee is in another call. (ACS has no subcode of its own for this; 486 is SIP's "Busy Here".)
    BUSY = 486 / 0;
    /// The callee does not want to be disturbed. (Subcode ours.)
    DO_NOT_DISTURB = 486 / 1;
    /// No client of the callee is connected.
    OFFLINE = 480 / 10037;
    /// The callee answered, but its media never came up.
    SETUP_TIMEOUT = 408 / 10057;
    /// No way was found to carry the sound.
    NO_MEDIA_PATH = 410 / 301_004;
    /// The sound was cut and did not come back.
    MEDIA_LOST = 410 / 301_005;
    /// Whoever takes part may not act any more: the tokens were revoked, or the account closed. (Subcode ours.)
    REVOKED = 401 / 1;
    /// The service stopped, or forgot the call, while it was running.
    SERVICE_LOST = 410 / 3101;
}

impl EndReason {
    /// Whether the call ended as calls normally do.
    pub fn is_normal(self) -> bool {
        self.code == 0 && self != Self::VANISHED
    }
}
