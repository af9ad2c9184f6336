//! `/j/…`: the page behind a link to a group, for whoever opens it in a browser.
//!
//! It says what the link is and how to join. It tells neither the group's name nor who is in it: anybody may open it.
//! Codes are looked up, with the limits for guesses; an ID is any GUID, so there is nothing to find out by trying some.

use std::net::SocketAddr;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::Rest;
use super::answer::status_of;
use crate::base::clock;
use crate::config::ServerUrl;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::group::GroupKey;
use crate::domain::place::LINK_PATH;
use crate::protocol::failure::Failure;
use crate::service::groups::Asker;
use crate::service::tls::Encrypted;
use crate::texts::share;

/// A page that runs nothing, loads nothing, is framed nowhere, and keeps its address to itself.
const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem}\
pre{font:14px/1.5 ui-monospace,monospace;padding:.75rem 1rem;overflow-x:auto;border:1px solid;border-radius:.4rem;\
user-select:all}";

pub(super) async fn page(
    State(rest): State<Rest>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    encrypted: Option<Extension<Encrypted>>,
    headers: HeaderMap,
    key: Result<Path<String>, PathRejection>,
) -> Response {
    let Some(key) = key.ok().and_then(|Path(key)| key.parse::<GroupKey>().ok()) else {
        return nowhere(StatusCode::NOT_FOUND, share::NOT_A_LINK);
    };
    match lead_somewhere(&rest, &key, peer).await {
        Ok(()) => {
            let origin = origin(&rest, &headers, encrypted.is_some());
            let fingerprint = rest.fingerprint.filter(|_| origin.starts_with("https://"));
            invitation(&origin, &key, fingerprint)
        }
        Err(failure) => nowhere(status_of(failure.code), &sentence(&failure)),
    }
}

/// Whether a link with this key leads to a group.
async fn lead_somewhere(rest: &Rest, key: &GroupKey, peer: SocketAddr) -> Result<(), Failure> {
    match key {
        GroupKey::Id(_) => Ok(()),
        GroupKey::Code(_) => rest.groups.find(key, &Asker::Peer(peer.ip()), clock::unix_now()).await.map(drop),
    }
}

/// Where links begin: as the operator says, else as the visitor came here. `Host` was checked at the door.
fn origin(rest: &Rest, headers: &HeaderMap, encrypted: bool) -> String {
    let scheme = if encrypted { "https" } else { "http" };
    let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    rest.public_url.as_deref().map_or_else(|| format!("{scheme}://{}", host()), str::to_owned)
}

fn invitation(origin: &str, key: &GroupKey, fingerprint: Option<Fingerprint>) -> Response {
    let known_by = fingerprint.map(|fingerprint| format!("#{fingerprint}")).unwrap_or_default();
    let link = format!("{origin}{LINK_PATH}{key}{known_by}");
    let body = [
        paragraph(&share::what_a_link_is(origin)),
        paragraph(share::HOW_TO_JOIN),
        command(&share::join_command(&link)),
        paragraph(share::SIGN_IN_FIRST),
        command(&share::sign_in_command(&ServerUrl::to_sign_in(origin))),
        paragraph(share::GET_THE_PROGRAM),
        command(share::INSTALL_COMMAND),
    ];
    document(StatusCode::OK, share::JOIN, &body.concat())
}

fn nowhere(status: StatusCode, why: &str) -> Response {
    document(status, share::NO_GROUP, &paragraph(why))
}

/// A failure's message as a sentence.
fn sentence(failure: &Failure) -> String {
    let mut letters = failure.message.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn document(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escaped(title);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\n<body><main><h1>{title}</h1>\n{body}</main></body></html>\n"
    );
    (status, HEADERS, Html(page)).into_response()
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

fn command(text: &str) -> String {
    format!("<pre>{}</pre>\n", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_text_and_never_markup() {
        assert_eq!(paragraph("a <b> & \"c\""), "<p>a &lt;b&gt; &amp; &quot;c&quot;</p>\n");
    }
}
