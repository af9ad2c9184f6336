//! An example of everything the routes take and bring, as it goes over the wire.

use serde_json::{Map, Value};

use super::super::paging::Limit;
use crate::domain::group::{GroupKey, GroupRow};
use crate::domain::id::{CallId, GroupId, Identity, UserName};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::rest::{
    AccessKeyName, AccessKeyPair, Account, AuditPage, Befriended, BlockedPage, CallsPage, DevicePoll, DevicePolled,
    DeviceSignIn, ErrorBody, FriendRequestsPage, FriendsPage, GroupsPage, HistoryPage, IssuedToken, NewAccount,
    NewBlocked, NewDisplayName, NewFavourite, NewFriend, NewGroup, NewMe, NewNote, NewOrganisation, NewPassword,
    NewRole, NewToken, OrganisationRow, OutsideSubject, PeopleFound, Refresh, RevokeTokens, SignIn, SignInWays, SignUp,
    SignedIn,
};

/// A type of which there is an example.
pub(in super::super) trait Example {
    /// The example.
    const JSON: &'static str;
}

/// Gives types their examples.
macro_rules! examples {
    ($($kind:ty: $json:expr;)*) => {
        $(impl Example for $kind { const JSON: &'static str = $json; })*
    };
}

macro_rules! alice {
    () => {
        r#""8:acs:1f0a6a0e-5a9b-4a57-9d5c-0e6f0c7b1a01_7c2e4e55-83a4-4c39-9c3e-0d6b1f2a3b4c""#
    };
}

macro_rules! bob {
    () => {
        r#""8:acs:1f0a6a0e-5a9b-4a57-9d5c-0e6f0c7b1a01_0b9ad0a4-2f6b-4f0e-8f52-a5b1f6b7c8d9""#
    };
}

macro_rules! a_person {
    () => {
        concat!(r#"{"identity": "#, alice!(), r#", "name": "alice", "display_name": "Alice Ang"}"#)
    };
}

macro_rules! another {
    () => {
        concat!(r#"{"identity": "#, bob!(), r#", "name": "bob", "display_name": "Bob"}"#)
    };
}

macro_rules! a_request {
    () => {
        concat!(r#"{"person": "#, another!(), r#", "direction": "outgoing", "at": 1767225600000}"#)
    };
}

macro_rules! a_call {
    () => {
        r#""f3b7a1de-62a9-4d60-9c4a-97b0f3f7a001""#
    };
}

macro_rules! a_group {
    () => {
        r#""29228d3e-040e-4656-a70e-890ab4e173e5""#
    };
}

macro_rules! a_row {
    () => {
        concat!(
            r#"{"group": {"id": "#,
            a_group!(),
            r#", "name": "Ops bridge", "code": "k7mq-3tzf"}, "owner": "#,
            a_person!(),
            r#", "here": ["#,
            another!(),
            "]}"
        )
    };
}

macro_rules! an_account {
    () => {
        concat!(
            r#"{"user": "alice", "display_name": "Alice Ang", "identity": "#,
            alice!(),
            r#", "disabled": false, "created_at": 1767225600000, "role": "user", "organisation": "main"}"#
        )
    };
}

macro_rules! a_token {
    () => {
        r#""eyJhbGciOiJSUzI1NiJ9.e30.c2ln""#
    };
}

examples! {
    bool: "true";
    String: r#""bob""#;
    Limit: "50";
    UnixMillis: "1767225600000";
    i64: "7";
    UserName: r#""alice""#;
    Identity: bob!();
    CallId: a_call!();
    GroupId: a_group!();
    GroupKey: r#""k7mq-3tzf""#;
    AccessKeyName: r#""secondary""#;
    Map<String, Value>: r#"{"openapi": "3.1.0"}"#;
    ErrorBody: r#"{"error": {"code": "not_found", "sub_code": 0, "message": "that person is not on your friend list"}}"#;

    SignInWays: r#"{"password": true, "registration": false, "oidc": "login.example"}"#;
    SignIn: r#"{"user": "alice", "password": "correct horse"}"#;
    Refresh: r#"{"refresh_token": "r-1"}"#;
    SignUp: r#"{"user": "carol", "display_name": "Carol", "password": "correct horse"}"#;
    DeviceSignIn: concat!(
        r#"{"handle": "h-1", "issuer": "login.example", "user_code": "WDJB-MJHT", "#,
        r#""verification_uri": "https://login.example/device", "#,
        r#""verification_uri_complete": "https://login.example/device?user_code=WDJB-MJHT", "#,
        r#""expires_in": 1800, "interval": 5}"#
    );
    DevicePoll: r#"{"handle": "h-1"}"#;
    DevicePolled: r#"{"state": "pending", "interval": 5}"#;
    SignedIn: concat!(
        r#"{"me": "#, a_person!(), r#", "access_token": "#, a_token!(), r#", "expires_at": 1767229200000, "#,
        r#""refresh_token": "r-2"}"#
    );
    Person: a_person!();

    PeopleFound: concat!(r#"{"people": ["#, another!(), "]}");
    FriendsPage: concat!(
        r#"{"friends": [{"person": "#, another!(), r#", "presence": {"state": "online"}, "favourite": 1}], "next": "bob"}"#
    );
    NewFriend: concat!(r#"{"identity": "#, bob!(), "}");
    Befriended: concat!(r#"{"state": "requested", "request": "#, a_request!(), "}");
    FriendRequestsPage: concat!(r#"{"requests": ["#, a_request!(), r#"], "next": "bob"}"#);
    BlockedPage: concat!(r#"{"people": ["#, another!(), r#"], "next": "bob"}"#);
    NewBlocked: concat!(r#"{"identity": "#, bob!(), "}");
    NewFavourite: r#"{"favourite": 1}"#;
    GroupRow: a_row!();
    GroupsPage: concat!(r#"{"groups": ["#, a_row!(), r#"], "next": "#, a_group!(), "}");
    NewGroup: r#"{"name": "Ops bridge"}"#;

    CallsPage: concat!(
        r#"{"calls": [{"call_id": "#, a_call!(), r#", "standing": "connected", "since": 1767225600000, "#,
        r#""connected_since": 1767225604000, "participants": [{"person": "#, a_person!(),
        r#", "state": "connected", "muted": false}, {"person": "#, another!(),
        r#", "state": "connected", "muted": true}], "count": 2}]}"#
    );
    HistoryPage: concat!(
        r#"{"records": [{"call_id": "#, a_call!(), r#", "with": "#, another!(), r#", "direction": "outgoing", "#,
        r#""outcome": "answered", "started_at": 1767225600000, "answered_at": 1767225604000, "#,
        r#""ended_at": 1767225664000, "end": {"code": 0, "sub_code": 0}, "note": "wants a refund"}], "next": "#,
        a_call!(), "}"
    );
    NewNote: r#"{"note": "wants a refund"}"#;

    Account: an_account!();
    Vec<Account>: concat!("[", an_account!(), "]");
    NewAccount: r#"{"user": "carol", "display_name": "Carol", "password": "correct horse"}"#;
    NewPassword: r#"{"password": "battery staple"}"#;
    NewMe: r#"{"display_name": "Alice Ang"}"#;
    NewDisplayName: r#"{"display_name": "Alice Ang"}"#;
    NewRole: r#"{"role": "admin"}"#;
    NewOrganisation: r#"{"organisation": "acme-berlin"}"#;
    Vec<OrganisationRow>: r#"[{"name": "acme-berlin", "members": 3}, {"name": "main", "members": 40}]"#;
    OutsideSubject: r#"{"issuer": "https://login.example", "subject": "248289761001"}"#;
    AuditPage: concat!(
        r#"{"entries": [{"entry": 7, "at": 1767225600000, "who": "admin-secret", "what": "role-changed", "#,
        r#""about": "alice", "detail": "admin", "address": "127.0.0.1"}], "next": 7}"#
    );
    AccessKeyPair: r#"{"primary": "cHJpbWFyeQ==", "secondary": "c2Vjb25kYXJ5"}"#;
    NewToken: r#"{"user": {"name": "alice", "scopes": "voip"}, "minutes": 60}"#;
    RevokeTokens: r#"{"user": "alice"}"#;
    IssuedToken: concat!(r#"{"token": "#, a_token!(), r#", "expires_at": 1767229200000, "identity": "#, alice!(), "}");
}
