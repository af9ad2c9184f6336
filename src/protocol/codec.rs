//! Text frames to messages and back, with the bounds and the typed refusals both ends rely on.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::failure::{Failure, FailureCode};
use super::frame::{FromClient, FromService};
use super::{MAX_FRAME, MAX_SERVICE_FRAME};
use crate::domain::text::printable;
use crate::domain::whole::Whole;

/// The longest message of a refusal, in characters.
const LONGEST_MESSAGE: usize = 300;

/// Writes a frame. Our own types always serialise.
pub fn encode<T: Serialize>(frame: &T) -> String {
    serde_json::to_string(frame).expect("protocol types serialise")
}

/// Reads a frame of a client. A failure carries the request's id wherever it could be read, so that it can be answered.
///
/// # Errors
/// `bad_request` for what is no JSON, too long or of the wrong shape; `not_understood` for an unknown request.
pub fn decode_client(text: &str) -> Result<FromClient, (Option<u64>, Failure)> {
    if text.len() > MAX_FRAME {
        return Err((None, bad(format!("a frame holds at most {MAX_FRAME} bytes; this one has {}", text.len()))));
    }
    let value: Value = serde_json::from_str(text).map_err(|e| (None, bad(format!("not JSON: {e}"))))?;
    if value.get("hello").is_some() {
        return serde_json::from_value(value)
            .map_err(|_| (None, bad("the hello has a field missing or of the wrong kind")));
    }
    let id = value.get("id").and_then(|id| Whole::deserialize(id).ok()).map(|Whole(id)| id);
    let Some(request) = value.get("request") else {
        return Err((id, bad("a frame holds a hello, or an id and a request")));
    };
    let Some(number) = id else {
        return Err((None, bad("a request needs an id, a whole number")));
    };
    match serde_json::from_value(request.clone()) {
        Ok(request) => Ok(FromClient::Request { id: number, request }),
        Err(e) => Err((id, unreadable(request, &e.to_string()))),
    }
}

/// Reads a frame of the service. `None` is a notice of a newer service, to be skipped; an answer that can't be read is a
/// failure `not_understood` of the request it answers.
pub fn decode_service(text: &str) -> Option<FromService> {
    if text.len() > MAX_SERVICE_FRAME {
        return None;
    }
    serde_json::from_str(text).ok().or_else(|| unreadable_answer(text))
}

/// What is wrong with a request: its name is unknown, or what it says can't be read.
fn unreadable(request: &Value, error: &str) -> Failure {
    let name = name_of(request);
    if name.is_some_and(|name| error.starts_with(&format!("unknown variant `{name}`"))) {
        let name = printable(name.unwrap_or_default(), 40);
        return Failure::new(FailureCode::NotUnderstood, format!("this service does not know the request {name}"));
    }
    bad(format!("the request can't be read: {error}"))
}

fn unreadable_answer(text: &str) -> Option<FromService> {
    let value: Value = serde_json::from_str(text).ok()?;
    let id = value.get("id")?.as_u64()?;
    value.get("response").or_else(|| value.get("failure"))?;
    let message = "the service's answer can't be read; a newer version of this program may be needed";
    Some(FromService::Failure { id: Some(id), failure: Failure::new(FailureCode::NotUnderstood, message) })
}

/// A refusal that may quote what was sent: shortened, and safe to print.
fn bad(message: impl AsRef<str>) -> Failure {
    Failure::new(FailureCode::BadRequest, printable(message.as_ref(), LONGEST_MESSAGE))
}

fn name_of(request: &Value) -> Option<&str> {
    match request {
        Value::String(name) => Some(name),
        Value::Object(map) => map.keys().next().map(String::as_str),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::id::CallId;
    use crate::domain::record::HistoryFilter;
    use crate::protocol::request::Request;

    #[test]
    fn an_unknown_request_is_named_in_its_refusal() {
        let (id, failure) = decode_client(r#"{"id":7,"request":{"call_teleport":{}}}"#).unwrap_err();
        assert_eq!(id, Some(7));
        assert_eq!(failure.code, FailureCode::NotUnderstood);
        assert!(failure.message.contains("call_teleport"));
    }

    #[test]
    fn an_unknown_value_in_a_known_request_is_no_unknown_request() {
        let (id, failure) = decode_client(r#"{"id":7,"request":{"presence_set":{"presence":"flying"}}}"#).unwrap_err();
        assert_eq!((id, failure.code), (Some(7), FailureCode::BadRequest));
        assert!(failure.message.contains("flying"), "{}", failure.message);
    }

    #[test]
    fn an_answer_of_a_newer_service_fails_its_request_and_a_notice_is_skipped() {
        for text in [r#"{"id":7,"response":{"poem":{}}}"#, r#"{"id":7,"failure":{"because":1}}"#] {
            let Some(FromService::Failure { id, failure }) = decode_service(text) else { panic!("{text}") };
            assert_eq!((id, failure.code), (Some(7), FailureCode::NotUnderstood));
        }
        assert_eq!(decode_service(r#"{"seq":7,"notice":{"poem":{}}}"#), None);
    }

    #[test]
    fn a_refusal_quotes_little_of_what_was_sent_and_nothing_that_steers_a_terminal() {
        let text =
            format!(r#"{{"id":1,"request":{{"presence_set":{{"presence":"\u001b[2J{}"}}}}}}"#, "x".repeat(9_000));
        let (_, failure) = decode_client(&text).unwrap_err();
        assert!(failure.message.chars().count() <= LONGEST_MESSAGE && !failure.message.contains('\u{1b}'));
    }

    #[test]
    fn whole_numbers_may_be_written_as_fractions_wherever_a_client_sends_some() {
        let slot = decode_client(
            r#"{"id":7.0,"request":{"call_park":{"call_id":"00000000-0000-0000-0000-000000000000","slot":3.0}}}"#,
        );
        let call_id = CallId(Uuid::nil());
        assert_eq!(
            slot.unwrap(),
            FromClient::Request { id: 7, request: Request::CallPark { call_id, slot: Some(3.try_into().unwrap()) } }
        );
        let limit = decode_client(r#"{"id":8,"request":{"history_list":{"limit":50.0,"missed":true}}}"#).unwrap();
        let filter = HistoryFilter { missed: true, ..HistoryFilter::default() };
        assert_eq!(limit, FromClient::Request { id: 8, request: Request::HistoryList { limit: 50, filter } });
        let hello = r#"{"hello":{"token":"t","client_id":"00000000-0000-0000-0000-000000000000","max_calls":8.0}}"#;
        let Ok(FromClient::Hello { hello }) = decode_client(hello) else { panic!("{hello}") };
        assert_eq!(hello.max_calls, 8);
        for request in [
            r#"{"friend_favour":{"identity":"8:echo123","favourite":3.5}}"#,
            r#"{"friend_favour":{"identity":"8:echo123","favourite":10.0}}"#,
            r#"{"rules_set":{"rules":{"after_seconds":4.0}}}"#,
        ] {
            let (_, failure) = decode_client(&format!(r#"{{"id":1,"request":{request}}}"#)).unwrap_err();
            assert_eq!(failure.code, FailureCode::BadRequest, "{request}");
        }
        let favour = decode_client(r#"{"id":1,"request":{"friend_favour":{"identity":"8:echo123","favourite":3.0}}}"#);
        assert!(favour.is_ok(), "{favour:?}");
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let frame = decode_client(r#"{"id":1,"request":{"friends_list":{"more":[]}},"later":true}"#).unwrap();
        assert_eq!(frame, FromClient::Request { id: 1, request: Request::FriendsList {} });
    }

    #[test]
    fn malformed_frames_get_a_typed_failure() {
        for text in [
            "",
            "[]",
            "{",
            "nonsense",
            r#"{"id":1}"#,
            r#"{"request":"bye"}"#,
            r#"{"hello":3}"#,
            "{\"id\":-1,\"request\":\"bye\"}",
        ] {
            let (_, failure) = decode_client(text).unwrap_err();
            assert_eq!(failure.code, FailureCode::BadRequest, "{text}");
        }
        assert!(decode_client(&"x".repeat(MAX_FRAME + 1)).is_err());
    }
}
