//! Every frame of the signalling socket.

use serde_json::Value;
use switchboard::protocol::codec::{decode_client, decode_service, encode};
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::frame::{FromClient, FromService};
use switchboard::protocol::notice::Notice;
use switchboard::protocol::request::Request;
use switchboard::protocol::response::Response;

use crate::samples::{Samples, cover, read, with_unknown_fields, written_as};

names! { FROM_CLIENT, name_of_client_frame: FromClient {
    FromClient::Hello { .. } => "hello",
    FromClient::Request { .. } => "requests",
}}

names! { FROM_SERVICE, name_of_service_frame: FromService {
    FromService::Welcome { .. } => "welcome",
    FromService::Response { .. } => "responses",
    FromService::Failure { .. } => "failures",
    FromService::Notice { .. } => "notices",
}}

names! { REQUESTS, name_of_request: Request {
    Request::CallStart { .. } => "call_start",
    Request::CallRinging { .. } => "call_ringing",
    Request::CallAnswer { .. } => "call_answer",
    Request::CallDecline { .. } => "call_decline",
    Request::CallHangUp { .. } => "call_hang_up",
    Request::CallHold { .. } => "call_hold",
    Request::CallMute { .. } => "call_mute",
    Request::CallRejoin { .. } => "call_rejoin",
    Request::CallInvite { .. } => "call_invite",
    Request::CallEndForAll { .. } => "call_end_for_all",
    Request::CallTransfer { .. } => "call_transfer",
    Request::CallMerge { .. } => "call_merge",
    Request::CallPark { .. } => "call_park",
    Request::CallPickUp { .. } => "call_pick_up",
    Request::CallPickUpRinging { .. } => "call_pick_up_ringing",
    Request::ParkedList {} => "parked_list",
    Request::GroupJoin { .. } => "group_join",
    Request::GroupCreate { .. } => "group_create",
    Request::GroupShow { .. } => "group_show",
    Request::GroupsList {} => "groups_list",
    Request::GroupShare { .. } => "group_share",
    Request::GroupRemove { .. } => "group_remove",
    Request::FriendsList {} => "friends_list",
    Request::FriendAdd { .. } => "friend_add",
    Request::FriendFavour { .. } => "friend_favour",
    Request::FriendRequestsList {} => "friend_requests_list",
    Request::FriendAccept { .. } => "friend_accept",
    Request::FriendDecline { .. } => "friend_decline",
    Request::FriendWithdraw { .. } => "friend_withdraw",
    Request::BlockedList {} => "blocked_list",
    Request::PersonBlock { .. } => "person_block",
    Request::PersonUnblock { .. } => "person_unblock",
    Request::ProfileSet { .. } => "profile_set",
    Request::RulesSet { .. } => "rules_set",
    Request::FriendRemove { .. } => "friend_remove",
    Request::PeopleSearch { .. } => "people_search",
    Request::PresenceSet { .. } => "presence_set",
    Request::HistoryList { .. } => "history_list",
    Request::HistoryNote { .. } => "history_note",
    Request::HistorySeen {} => "history_seen",
    Request::TokenRenew { .. } => "token_renew",
    Request::Bye {} => "bye",
}}

names! { RESPONSES, name_of_response: Response {
    Response::Done {} => "done",
    Response::Leg { .. } => "leg",
    Response::Joined { .. } => "joined",
    Response::Parked { .. } => "parked",
    Response::PickedUp { .. } => "picked_up",
    Response::ParkedCalls { .. } => "parked_calls",
    Response::Group { .. } => "group",
    Response::Groups { .. } => "groups",
    Response::Friends { .. } => "friends",
    Response::People { .. } => "people",
    Response::FriendRequested { .. } => "friend_requested",
    Response::FriendRequests { .. } => "friend_requests",
    Response::Blocked { .. } => "blocked",
    Response::History { .. } => "history",
}}

names! { NOTICES, name_of_notice: Notice {
    Notice::CallIncoming { .. } => "call_incoming",
    Notice::CallIncomingEnded { .. } => "call_incoming_ended",
    Notice::CallChanged { .. } => "call_changed",
    Notice::CallParticipant { .. } => "call_participant",
    Notice::CallSlots { .. } => "call_slots",
    Notice::CallEnded { .. } => "call_ended",
    Notice::CallGroup { .. } => "call_group",
    Notice::CallRoster { .. } => "call_roster",
    Notice::CallInviteEnded { .. } => "call_invite_ended",
    Notice::CallSpeakers { .. } => "call_speakers",
    Notice::CallHandedOn { .. } => "call_handed_on",
    Notice::CallMoved { .. } => "call_moved",
    Notice::MissedChanged { .. } => "missed_changed",
    Notice::ParkedChanged { .. } => "parked_changed",
    Notice::GroupShared { .. } => "group_shared",
    Notice::GroupChanged { .. } => "group_changed",
    Notice::GroupRemoved { .. } => "group_removed",
    Notice::MeChanged { .. } => "me_changed",
    Notice::PresenceChanged { .. } => "presence_changed",
    Notice::FriendAdded { .. } => "friend_added",
    Notice::FriendChanged { .. } => "friend_changed",
    Notice::RulesChanged { .. } => "rules_changed",
    Notice::FriendRequested { .. } => "friend_requested",
    Notice::FriendRequestEnded { .. } => "friend_request_ended",
    Notice::PersonBlocked { .. } => "person_blocked",
    Notice::PersonUnblocked { .. } => "person_unblocked",
    Notice::FriendRemoved { .. } => "friend_removed",
    Notice::HistoryAdded { .. } => "history_added",
    Notice::Closing { .. } => "closing",
}}

names! { CODES, name_of_code: FailureCode {
    FailureCode::BadRequest => "bad_request",
    FailureCode::NotUnderstood => "not_understood",
    FailureCode::Unauthenticated => "unauthenticated",
    FailureCode::TokenExpired => "token_expired",
    FailureCode::Forbidden => "forbidden",
    FailureCode::NotFound => "not_found",
    FailureCode::Conflict => "conflict",
    FailureCode::MediaRefused => "media_refused",
    FailureCode::TooManyRequests => "too_many_requests",
    FailureCode::Unavailable => "unavailable",
    FailureCode::Internal => "internal",
    // Only ever read: a code of a newer service.
    FailureCode::Unknown => "unknown",
}}

#[test]
fn every_frame_of_the_client_has_a_sample_and_keeps_to_it() {
    for file in FROM_CLIENT {
        let samples: Samples = read(file);
        cover(&samples, if *file == "hello" { &["hello"] } else { REQUESTS });
        for (name, samples) in samples {
            for (n, sample) in samples.iter().enumerate() {
                let frame = from_client(sample);
                assert_eq!(name_of_client_frame(&frame), *file);
                if let FromClient::Request { request, .. } = &frame {
                    assert_eq!(name_of_request(request), name);
                }
                written_as(&serde_json::from_str(&encode(&frame)).unwrap(), sample, n == 0);
                assert_eq!(from_client(&with_unknown_fields(sample, "")), frame);
            }
        }
    }
}

#[test]
fn every_frame_of_the_service_has_a_sample_and_keeps_to_it() {
    for file in FROM_SERVICE {
        let samples: Samples = read(file);
        cover(&samples, names_in(file));
        for (name, samples) in samples {
            for (n, sample) in samples.iter().enumerate() {
                let frame = from_service(sample);
                assert_eq!(name_of_service_frame(&frame), *file);
                assert_eq!(name_in(&frame), name);
                written_as(&serde_json::from_str(&encode(&frame)).unwrap(), sample, n == 0);
                assert_eq!(from_service(&with_unknown_fields(sample, "")), frame);
            }
        }
    }
}

#[test]
fn a_failure_code_of_a_newer_service_is_read_as_unknown() {
    let text = r#"{"id":7,"failure":{"code":"out_of_tea","message":"put the kettle on"}}"#;
    let Some(FromService::Failure { id, failure }) = decode_service(text) else { panic!("not a failure") };
    assert_eq!((id, failure.code, failure.message.as_str()), (Some(7), FailureCode::Unknown, "put the kettle on"));
}

fn names_in(file: &str) -> &'static [&'static str] {
    match file {
        "responses" => RESPONSES,
        "notices" => NOTICES,
        "failures" => CODES.split_last().expect("there are codes").1,
        _ => &["welcome"],
    }
}

fn name_in(frame: &FromService) -> &'static str {
    match frame {
        FromService::Welcome { .. } => "welcome",
        FromService::Response { response, .. } => name_of_response(response),
        FromService::Failure { failure, .. } => name_of_code(&failure.code),
        FromService::Notice { notice, .. } => name_of_notice(notice),
    }
}

fn from_client(sample: &Value) -> FromClient {
    decode_client(&sample.to_string()).unwrap_or_else(|(_, failure)| panic!("{failure}: {sample}"))
}

fn from_service(sample: &Value) -> FromService {
    decode_service(&sample.to_string()).unwrap_or_else(|| panic!("not read: {sample}"))
}
