//! Signatures as the SDKs make them, and what is none.

use axum::http::HeaderValue;

use super::*;

const DATE: &str = "Mon, 23 Nov 2026 11:25:09 GMT";
/// The instant of [`DATE`].
const NOW: UnixMillis = UnixMillis(1_795_433_109_000);
const HOST: &str = "127.0.0.1:8790";
const EMPTY_HASH: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn keys() -> [Key; 2] {
    [Key::new(&[1; 64]), Key::new(&[2; 64])]
}

fn hash(body: &[u8]) -> String {
    STANDARD.encode(digest(&SHA256, body))
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

/// What an SDK sends for a POST of `body` to `signed`.
fn sent(signed: &str, host: &str, body: &[u8], key: &Key) -> HeaderMap {
    let text = format!("POST\n{signed}\n{DATE};{host};{}", hash(body));
    let authorization =
        format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={}", key.sign(&text));
    headers(&[("authorization", &authorization), ("x-ms-date", DATE), ("x-ms-content-sha256", &hash(body))])
}

fn verify(headers: &HeaderMap, target: &str, body: &[u8]) -> Result<(), Unsigned> {
    Claim::read(headers, NOW)?.check("POST", target, HOST, body, &keys()).map(drop)
}

#[test]
fn either_key_signs_and_no_other() {
    let target = "/identities?api-version=2023-10-01";
    for key in keys() {
        assert_eq!(verify(&sent(target, HOST, b"", &key), target, b""), Ok(()));
        assert_eq!(verify(&sent(target, HOST, b"{}", &key), target, b"{}"), Ok(()));
    }
    let other = Key::new(&[3; 64]);
    assert_eq!(verify(&sent(target, HOST, b"", &other), target, b""), Err(Unsigned::Wrong));
    assert_eq!(hash(b""), EMPTY_HASH);
}

#[test]
fn the_signature_is_the_one_other_implementations_make() {
    // Made with Python's hmac over "POST\n/identities?api-version=2023-10-01\n<date>;<host>;<hash>" and key 01 × 64.
    let text = format!("POST\n/identities?api-version=2023-10-01\n{DATE};{HOST};{EMPTY_HASH}");
    assert_eq!(keys()[0].sign(&text), "CFTBkRTAPaR7lzcaghMrfKl5IGLLZjJVE1bkgzh3R/w=");
}

#[test]
fn all_three_forms_of_a_path_count_and_a_host_with_a_slash() {
    let [key, _] = keys();
    for (signed, on_the_wire) in [
        ("/identities/8:acs:r_u/:issueAccessToken?a=1", "/identities/8:acs:r_u/:issueAccessToken?a=1"),
        ("/phoneNumbers/+15550100?a=b:c", "/phoneNumbers/%2B15550100?a=b%3Ac"),
        ("/calls/8%3Aacs%3Ar_u/%2Bx?a=b:c", "/calls/8:acs:r_u/+x?a=b:c"),
    ] {
        assert_eq!(verify(&sent(signed, HOST, b"", &key), on_the_wire, b""), Ok(()), "{signed}");
        let slash = format!("{HOST}/");
        assert_eq!(verify(&sent(signed, &slash, b"", &key), on_the_wire, b""), Ok(()), "{signed}");
    }
    for other in ["/identities/8:acs:r_v/:issueAccessToken?a=1", "/identities/8:acs:r_u/:issueAccessToken?a=2"] {
        let signed = "/identities/8:acs:r_u/:issueAccessToken?a=1";
        assert_eq!(verify(&sent(signed, HOST, b"", &key), other, b""), Err(Unsigned::Wrong), "{other}");
    }
    let claim = Claim::read(&sent("/x", HOST, b"", &key), NOW).unwrap();
    assert_eq!(claim.check("GET", "/x", HOST, b"", &keys()), Err(Unsigned::Wrong));
    assert_eq!(claim.check("POST", "/x", "evil.example", b"", &keys()), Err(Unsigned::Wrong));
}

#[test]
fn what_is_no_percent_encoding_stays_as_it_is() {
    for (text, expected) in [("%", "%"), ("%4", "%4"), ("%4g", "%4g"), ("%41%2f", "A/"), ("a%%41", "a%A"), ("", "")] {
        assert_eq!(decoded(text), expected.as_bytes(), "{text}");
    }
    assert_eq!(decoded("%ff"), [0xff]);
    assert_eq!(reencoded("/a%2fb:%zz?x=%3a"), b"/a%2Fb%3A%25zz?x=%3a");
}

#[test]
fn a_changed_body_is_told_apart_from_a_wrong_key() {
    let [key, _] = keys();
    let headers = sent("/x", HOST, b"{}", &key);
    assert_eq!(verify(&headers, "/x", b"{ }"), Err(Unsigned::Body));
    let mut rehashed = headers.clone();
    rehashed.insert("x-ms-content-sha256", HeaderValue::from_str(&hash(b"{ }")).unwrap());
    assert_eq!(verify(&rehashed, "/x", b"{ }"), Err(Unsigned::Wrong));
    let mut shorter = headers;
    shorter.insert("x-ms-content-sha256", HeaderValue::from_static("47DEQ"));
    assert_eq!(verify(&shorter, "/x", b"{}"), Err(Unsigned::Body));
}

#[test]
fn a_date_counts_for_five_minutes_either_way() {
    let [key, _] = keys();
    let headers = sent("/x", HOST, b"", &key);
    for (distance, expected) in
        [(0, true), (WINDOW_MS, true), (-WINDOW_MS, true), (WINDOW_MS + 1, false), (-WINDOW_MS - 1, false)]
    {
        assert_eq!(Claim::read(&headers, NOW.plus(distance)).is_ok(), expected, "{distance}");
    }
    assert_eq!(Claim::read(&headers, UnixMillis(i64::MAX)), Err(Unsigned::Stale));
    assert_eq!(Claim::read(&headers, UnixMillis(i64::MIN)), Err(Unsigned::Stale));
    for date in ["", "yesterday", "2026-11-23T11:25:09Z", "Mon, 99 Nov 2026 11:25:09 GMT", "1795433109"] {
        let mut changed = headers.clone();
        changed.insert("x-ms-date", HeaderValue::from_str(date).unwrap());
        assert_eq!(Claim::read(&changed, NOW), Err(Unsigned::Date), "{date:?}");
    }
}

#[test]
fn the_ordinary_date_header_will_do_where_the_signature_names_it() {
    let [key, _] = keys();
    let text = format!("POST\n/x\n{DATE};{HOST};{EMPTY_HASH}");
    let authorization =
        format!("hmac-sha256 SignedHeaders=Date;Host;X-MS-Content-SHA256&Signature={}", key.sign(&text));
    let mut given = headers(&[("authorization", &authorization), ("date", DATE), ("x-ms-content-sha256", EMPTY_HASH)]);
    assert_eq!(verify(&given, "/x", b""), Ok(()));
    given.remove("date");
    assert_eq!(verify(&given, "/x", b""), Err(Unsigned::Incomplete));
}

#[test]
fn headers_that_are_not_of_the_form_are_refused_with_what_is_wrong() {
    let signature = STANDARD.encode([0; 32]);
    let good = format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
    assert_eq!(Claim::read(&HeaderMap::new(), NOW), Err(Unsigned::Missing));
    for bad in [
        "",
        "HMAC-SHA256",
        "HMAC-SHA256 ",
        "HMAC-SHA256 Signature",
        "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256",
        "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=%%%",
        "HMAC-SHA256 SignedHeaders=host&SignedHeaders=host&Signature=",
        "Basic eDp5",
    ] {
        let all = headers(&[("authorization", bad), ("x-ms-date", DATE), ("x-ms-content-sha256", EMPTY_HASH)]);
        assert_eq!(Claim::read(&all, NOW), Err(Unsigned::Malformed), "{bad}");
    }
    for names in ["", "host", "x-ms-date;host", "x-ms-date;date;host;x-ms-content-sha256", "x-ms-date;host;accept"] {
        let sent = format!("HMAC-SHA256 SignedHeaders={names}&Signature={signature}");
        let all = headers(&[("authorization", &sent), ("x-ms-date", DATE), ("x-ms-content-sha256", EMPTY_HASH)]);
        assert_eq!(Claim::read(&all, NOW), Err(Unsigned::Uncovered), "{names}");
    }
    for (missing, twice) in [("x-ms-content-sha256", "x-ms-date"), ("x-ms-date", "x-ms-content-sha256")] {
        let mut all = headers(&[("authorization", &good), ("x-ms-date", DATE), ("x-ms-content-sha256", EMPTY_HASH)]);
        all.remove(missing);
        assert_eq!(Claim::read(&all, NOW), Err(Unsigned::Incomplete), "without {missing}");
        let mut all = headers(&[("authorization", &good), ("x-ms-date", DATE), ("x-ms-content-sha256", EMPTY_HASH)]);
        all.append(twice, HeaderValue::from_static("x"));
        assert_eq!(Claim::read(&all, NOW), Err(Unsigned::Incomplete), "{twice} twice");
    }
    let two = headers(&[("authorization", &good), ("authorization", &good)]);
    assert_eq!(Claim::read(&two, NOW), Err(Unsigned::Malformed));
}
