//! Requests that are nearly right, on every route of the table: whatever is wrong with one, the service says so, and never
//! that it failed itself.

use serde_json::Value;

use super::*;
use crate::base::seed::Seed;

/// How often each route is tried.
const ROUNDS: u64 = 60;

/// A GUID: any is a group's.
const ID: &str = "29228d3e-040e-4656-a70e-890ab4e173e5";

/// What is in the place of a part of a path.
const PARTS: [&str; 12] = [
    "zed",
    ID,
    "primary",
    "8:acs:nobody",
    "8%3Aacs%3Anobody",
    "%00",
    "%ff%fe",
    "..%2f..%2fetc",
    "%e2%80%ae",
    ":",
    "a b",
    "-",
];

/// What may stand where another value is expected.
const VALUES: [&str; 14] = [
    "null",
    "true",
    "-1",
    "0",
    "1e400",
    "18446744073709551616",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "[]",
    "{}",
    "[[[[[[]]]]]]",
    "\"voip\"",
    "60",
];

/// Bodies that are right somewhere.
const BODIES: [&str; 8] = [
    "",
    r#"{"user":"zed","password":"correct horse"}"#,
    r#"{"refresh_token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
    r#"{"createTokenWithScopes":["voip"],"expiresInMinutes":60}"#,
    r#"{"scopes":["chat","voip"],"expiresInMinutes":60}"#,
    r#"{"token":"a.b.c","appId":"app","userId":"user"}"#,
    r#"{"password":"correct horse","display_name":"Zed","role":"admin"}"#,
    r#"{"app":"tester","user":"zed","minutes":60,"scopes":["voip"]}"#,
];

/// One request.
#[derive(Debug)]
struct Nearly {
    method: Method,
    path: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

fn one<'a, T>(of: &'a [T], dice: &mut Seed) -> &'a T {
    &of[usize::try_from(dice.below(of.len() as u64)).unwrap()]
}

/// Bytes that are nearly these: some changed, left out, doubled, or another value in the place of one.
fn nearly(bytes: &[u8], dice: &mut Seed) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..dice.below(3) {
        let at = usize::try_from(dice.below(out.len() as u64 + 1)).unwrap();
        let some = usize::try_from(dice.below(8)).unwrap().min(out.len() - at);
        match dice.below(5) {
            0 if at < out.len() => out[at] ^= 1 << dice.below(8),
            1 => drop(out.drain(at..at + some)),
            2 => {
                let copy = out[at..at + some].to_vec();
                out.splice(at..at, copy);
            }
            3 => out.truncate(at),
            _ => {
                let colon = out.iter().skip(at).position(|byte| *byte == b':').map(|place| at + place + 1);
                let end = colon.and_then(|from| {
                    out.iter().skip(from).position(|byte| b",}".contains(byte)).map(|place| from + place)
                });
                if let (Some(from), Some(end)) = (colon, end) {
                    out.splice(from..end, one(&VALUES, dice).bytes());
                }
            }
        }
    }
    out
}

impl Nearly {
    /// A request to `route`, of somebody who may make it or nearly.
    fn to(route: &Route, kit: &Kit, shown: &[String], dice: &mut Seed) -> Self {
        let mut path = route.path.to_owned();
        while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
            path.replace_range(from..=to, one::<&str>(&PARTS, dice));
        }
        match dice.below(4) {
            0 => path.push_str("?api-version=2023-10-0%31&limit=-1&before=x"),
            1 => path.push_str("?since=99999999999999999999&after=%ff&limit=7"),
            _ if route.dialect == Dialect::Acs => path.push_str("?api-version=2023-10-01"),
            _ => {}
        }
        let body = nearly(one(&BODIES, dice).as_bytes(), dice);
        let mut headers = Vec::new();
        if dice.below(8) > 0 {
            headers.push(("content-type", b"application/json".to_vec()));
        }
        match dice.below(3) {
            0 => {
                let token = nearly(one(shown, dice).as_bytes(), dice);
                headers.push(("authorization", [b"Bearer ", &token[..]].concat()));
            }
            1 => headers.push(("authorization", format!("Bearer {}", one(shown, dice)).into_bytes())),
            _ => {
                let right = String::from_utf8_lossy(&body).into_owned();
                let signed = kit.signed(route.method.clone(), &path, &right).build();
                for name in ["authorization", "x-ms-date", "x-ms-content-sha256"] {
                    let Some(value) = signed.as_ref().ok().and_then(|signed| signed.headers().get(name)) else {
                        continue;
                    };
                    let value = value.as_bytes().to_vec();
                    headers.push((name, if dice.below(4) == 0 { nearly(&value, dice) } else { value }));
                }
            }
        }
        Self { method: route.method.clone(), path, headers, body }
    }

    /// As bytes, with nothing that would make it another request.
    fn written(&self, host: SocketAddr) -> Vec<u8> {
        let path = self.path.replace(' ', "%20");
        let mut out = format!("{} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", self.method).into_bytes();
        for (name, value) in &self.headers {
            let value: Vec<u8> = value.iter().copied().filter(|byte| !b"\r\n\0".contains(byte)).collect();
            out.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        out.extend(format!("Content-Length: {}\r\n\r\n", self.body.len()).into_bytes());
        out.extend(&self.body);
        out
    }
}

#[tokio::test]
async fn what_is_nearly_right_never_makes_the_service_fail() {
    let kit = Kit::with(slow_nobody_down).await;
    kit.add("zed").await;
    let (life, now) = (Duration::from_secs(3600), clock::unix_now());
    let app = kit.identities.issue_app_token("tester", life, now).unwrap().0.expose().clone();
    let (mut taken, mut refused) = (0, 0);
    for (number, route) in routes().iter().enumerate() {
        for round in 0..ROUNDS {
            let seed = number as u64 * ROUNDS + round;
            let mut dice = Seed::new(seed);
            let user = kit.identities.find(&"zed".parse().unwrap()).await.unwrap();
            let mut shown = vec![ADMIN.to_owned(), app.clone(), String::new()];
            if let Some(user) = user {
                let issued = kit.identities.issue_token(&user.identity, "voip".parse().unwrap(), life, now).await;
                shown.extend(issued.ok().map(|(token, _)| token.expose().clone()));
            } else {
                kit.add("zed").await;
            }
            let nearly = Nearly::to(route, &kit, &shown, &mut dice);
            let mut socket = TcpStream::connect(kit.address).await.unwrap();
            socket.write_all(&nearly.written(kit.address)).await.unwrap();
            let mut answer = Vec::new();
            socket.read_to_end(&mut answer).await.unwrap();
            let text = String::from_utf8_lossy(&answer).into_owned();
            let status: u16 = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
            assert!((200..500).contains(&status), "seed {seed}: {nearly:?}: {text}");
            if status < 400 {
                taken += 1;
                continue;
            }
            refused += 1;
            // Pages are for people; and what is no HTTP is refused by the library below, which says nothing.
            let page = text.contains("\r\ncontent-type: text/html");
            let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            if !page && !body.is_empty() {
                let body: Value =
                    serde_json::from_str(body).unwrap_or_else(|_| panic!("seed {seed}: {nearly:?}: {text}"));
                assert!(body["error"]["code"].is_string(), "seed {seed}: {nearly:?}: {text}");
            }
        }
    }
    assert!(taken > 100 && refused > 100, "{taken} were taken, and {refused} refused");
}
