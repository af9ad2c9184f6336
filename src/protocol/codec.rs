//! Text frames to messages and back, with the bounds and the typed refusals both ends rely on.

use serde::Serialize;
use serde_json::Value;

use super::MAX_FRAME;
use super::failure::{Failure, FailureCode};
use super::frame::{FromClient, FromService};

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
    let id = value.get("id").and_then(Value::as_u64);
    let Some(request) = value.get("request") else {
        return Err((id, bad("a frame holds a hello, or an id and a request")));
    };
    let Some(number) = id else {
        return Err((None, bad("a request needs an id, a whole number")));
    };
    match serde_json::from_value(request.clone()) {
        Ok(request) => Ok(FromClient::Request { id: number, request }),
        Err(e) if e.to_string().starts_with("unknown variant") => {
            let name = name_of(request);
            Err((
                id,
                Failure::new(FailureCode::NotUnderstood, format!("this service does not know the request {name}")),
            ))
        }
        Err(e) => Err((id, bad(format!("the request can't be read: {e}")))),
    }
}

/// Reads a frame of the service. `None` is a frame of a newer service, to be skipped.
pub fn decode_service(text: &str) -> Option<FromService> {
    if text.len() > 4 * MAX_FRAME {
        return None;
    }
    serde_json::from_str(text).ok()
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new(FailureCode::BadRequest, message)
}

fn name_of(request: &Value) -> String {
    let name = match request {
        Value::String(name) => Some(name.as_str()),
        Value::Object(map) => map.keys().next().map(String::as_str),
        _ => None,
    };
    crate::domain::text::printable(name.unwrap_or("?"), 40)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::request::Request;

    #[test]
    fn an_unknown_request_is_named_in_its_refusal() {
        let (id, failure) = decode_client(r#"{"id":7,"request":{"call_teleport":{}}}"#).unwrap_err();
        assert_eq!(id, Some(7));
        assert_eq!(failure.code, FailureCode::NotUnderstood);
        assert!(failure.message.contains("call_teleport"));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let frame = decode_client(r#"{"id":1,"request":"friends_list","later":true}"#).unwrap();
        assert_eq!(frame, FromClient::Request { id: 1, request: Request::FriendsList });
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
