//! The page behind a link to a group.

use super::*;
use crate::base::clock;
use crate::domain::id::Identity;
use crate::domain::time::UnixMillis;

const ID: &str = "29228d3e-040e-4656-a70e-890ab4e173e5";

/// One of 27⁸: nobody draws it here.
const WRONG: &str = "/j/2222-2222";

fn alice() -> Identity {
    "8:acs:test_alice".parse().unwrap()
}

async fn page(kit: &Kit, path: &str) -> (u16, String) {
    let response = kit.get(path).send().await.unwrap();
    for (name, part) in [("content-type", "text/html"), ("content-security-policy", "default-src 'none'")] {
        assert!(response.headers()[name].to_str().unwrap().contains(part), "{name}");
    }
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_link_says_what_it_is_and_how_to_join() {
    let kit = Kit::new().await;
    let group = kit.groups.create(&alice(), "Ops <b>".parse().unwrap(), clock::unix_now()).await.unwrap();
    for key in [group.code.to_string(), ID.to_owned()] {
        let (status, text) = page(&kit, &format!("/j/{key}")).await;
        assert_eq!(status, 200);
        assert!(text.contains(&format!("switchboard join http://{}/j/{key}<", kit.address)), "{text}");
        assert!(text.contains(&format!("switchboard sign-in NAME --server http://{}<", kit.address)), "{text}");
        assert!(!text.contains("Ops") && !text.contains("alice"), "it tells whose it is: {text}");
        assert!(!text.contains("<script") && !text.contains("src="), "{text}");
    }
}

#[tokio::test]
async fn links_begin_as_the_operator_says() {
    let kit = Kit::with(|rest| *rest = rest.clone().at(Some("https://calls.example"))).await;
    let (_, text) = page(&kit, &format!("/j/{ID}")).await;
    assert!(text.contains(&format!("switchboard join https://calls.example/j/{ID}<")), "{text}");
    assert!(text.contains("switchboard sign-in NAME --server https://calls.example:443<"), "{text}");
}

#[tokio::test]
async fn encrypted_links_end_in_what_the_service_is_known_by() {
    let fingerprint = Fingerprint([7; 32]);
    for (url, ends) in [("https://calls.example", true), ("http://calls.example", false)] {
        let kit = Kit::with(|rest| *rest = rest.clone().at(Some(url)).known_by(Some(fingerprint))).await;
        let (_, text) = page(&kit, &format!("/j/{ID}")).await;
        assert_eq!(text.contains(&format!("switchboard join {url}/j/{ID}#{fingerprint}<")), ends, "{text}");
    }
}

#[tokio::test]
async fn a_link_that_leads_nowhere_says_so() {
    let kit = Kit::new().await;
    for (path, said) in
        [("/j/nonsense", "no link to a group"), ("/j/%ff", "no link"), (WRONG, "No group has this code")]
    {
        let (status, text) = page(&kit, path).await;
        assert_eq!(status, 404, "{path}");
        assert!(text.contains(said), "{path}: {text}");
    }
    let ended = kit.groups.begin(&alice(), ID.parse().unwrap(), UnixMillis(0)).await.unwrap();
    let (status, text) = page(&kit, &format!("/j/{}", ended.code)).await;
    assert_eq!(status, 404);
    assert!(text.contains("This code has ended; ask for a new one."), "{text}");
}

#[tokio::test]
async fn after_ten_wrong_codes_not_even_a_right_one_is_looked_up() {
    let kit = Kit::new().await;
    let group = kit.groups.create(&alice(), "Ops".parse().unwrap(), clock::unix_now()).await.unwrap();
    let right = format!("/j/{}", group.code);
    for _ in 0..20 {
        assert_eq!(page(&kit, &right).await.0, 200, "right ones do not count");
    }
    for _ in 0..10 {
        assert_eq!(page(&kit, WRONG).await.0, 404);
    }
    for path in [WRONG, &right] {
        let (status, text) = page(&kit, path).await;
        assert_eq!(status, 429);
        assert!(text.contains("Too many wrong codes"), "{text}");
    }
    assert_eq!(page(&kit, &format!("/j/{ID}")).await.0, 200, "IDs are no guesses");
}
