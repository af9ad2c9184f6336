//! Our own REST: what is done over it is done as if another client had, and open phones are told.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use switchboard::base::clock;
use switchboard::base::secret::Secret;
use switchboard::config::FriendPolicy;
use switchboard::domain::call::{CallState, Direction};
use switchboard::domain::group::GroupRow;
use switchboard::domain::id::Identity;
use switchboard::domain::person::{FriendRequest, Person};
use switchboard::domain::presence::PresenceState;
use switchboard::phone::command::Command;
use switchboard::phone::event::Event;
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::rest::{
    Befriended, BlockedPage, CallStanding, CallsPage, ErrorBody, FriendRequestsPage, FriendsPage, GroupsPage,
    HistoryPage, PeopleFound,
};

use crate::support::{TestPhone, TestService, connect, options};

/// A program that acts for somebody.
struct Program<'a> {
    service: &'a TestService,
    token: Secret<String>,
}

impl<'a> Program<'a> {
    async fn of(service: &'a TestService, name: &str) -> Self {
        Self { service, token: service.token(name).await }
    }

    fn administrator(service: &'a TestService) -> Self {
        Self { service, token: service.running.as_ref().unwrap().admin_secret.clone() }
    }

    async fn asks(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> reqwest::Response {
        let url = self.service.server().rest(&format!("/api/v1/{path}"));
        let request = reqwest::Client::new().request(method, url).bearer_auth(self.token.expose());
        body.into_iter().fold(request, |request, body| request.json(body)).send().await.unwrap()
    }

    async fn gets<T: DeserializeOwned>(&self, path: &str) -> T {
        let response = self.asks(Method::GET, path, None::<&Value>).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// Has something done; the status says what came of it.
    async fn does(&self, method: Method, path: &str, body: Value) -> StatusCode {
        self.asks(method, path, (!body.is_null()).then_some(&body)).await.status()
    }

    /// Puts somebody on the friend list, and says what came of it.
    async fn befriends(&self, whom: &Identity) -> Befriended {
        let response = self.asks(Method::POST, "friends", Some(&json!({"identity": whom}))).await;
        assert_eq!(response.status(), StatusCode::OK, "{whom}");
        response.json().await.unwrap()
    }

    /// What the refusal of a request says.
    async fn is_refused(&self, method: Method, path: &str, body: Value) -> (StatusCode, FailureCode) {
        let response = self.asks(method, path, (!body.is_null()).then_some(&body)).await;
        (response.status(), response.json::<ErrorBody>().await.unwrap().error.code)
    }
}

/// Waits until the phone shows groups like that.
async fn groups(phone: &mut TestPhone, like_that: impl Fn(&[GroupRow]) -> bool) {
    phone
        .until("show groups like that", |event| match event {
            Event::Groups(rows) => like_that(rows).then_some(()),
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn friends_made_over_rest_are_on_open_phones_at_once() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let program = Program::of(&service, "alice").await;
    let found: PeopleFound = program.gets("people?search=echo").await;
    let echo = &found.people[0];
    let friend = format!("friends/{}", echo.identity);
    // Demo accounts have the bots as friends.
    assert_eq!(program.does(Method::DELETE, &friend, Value::Null).await, StatusCode::NO_CONTENT);
    alice.lists("have lost a friend", |rows| rows.iter().all(|row| row.person != *echo)).await;
    let gone = program.is_refused(Method::DELETE, &friend, Value::Null).await;
    assert_eq!(gone, (StatusCode::NOT_FOUND, FailureCode::NotFound));

    assert_eq!(program.befriends(&echo.identity).await, Befriended::Added);
    alice.lists("have a friend more", |rows| rows.iter().any(|row| row.person == *echo)).await;
    let twice = program.is_refused(Method::POST, "friends", json!({"identity": echo.identity})).await;
    assert_eq!(twice, (StatusCode::CONFLICT, FailureCode::Conflict));

    let favourite = format!("{friend}/favourite");
    for (body, number) in [(json!({"favourite": 7}), Some(7)), (json!({}), None)] {
        assert_eq!(program.does(Method::PUT, &favourite, body).await, StatusCode::NO_CONTENT);
        let is_so = |row: &switchboard::domain::person::Friend| {
            row.person == *echo && row.favourite.map(|favourite| favourite.number()) == number
        };
        alice.lists("see what the friend is", |rows| rows.iter().any(is_so)).await;
    }
}

/// A service where friends are asked first.
async fn where_friends_are_asked() -> TestService {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.identity.people.friends = FriendPolicy::Request;
    TestService::with(folder, options).await
}

/// Alice and Bob, who are no friends, and a phone of Bob's that is open.
struct Strangers<'a> {
    bob: TestPhone,
    hers: Program<'a>,
    his: Program<'a>,
    alice: Person,
    /// The path of Bob as Alice's friend.
    friend: String,
}

impl<'a> Strangers<'a> {
    async fn meet(service: &'a TestService) -> Self {
        let mut bob = service.silent_phone("bob").await;
        let (hers, his) = (Program::of(service, "alice").await, Program::of(service, "bob").await);
        let alice: Person = hers.gets("me").await;
        let friend = format!("friends/{}", bob.identity());
        // Demo accounts have each other as friends.
        assert_eq!(hers.does(Method::DELETE, &friend, Value::Null).await, StatusCode::NO_CONTENT);
        bob.lists("have lost a friend", |rows| rows.iter().all(|row| row.person != alice)).await;
        Self { bob, hers, his, alice, friend }
    }

    /// Alice asks Bob, whose phone shows it.
    async fn ask(&mut self) -> FriendRequest {
        let asked = self.hers.befriends(&self.bob.identity()).await;
        let Befriended::Requested { request } = asked else { panic!("added unasked") };
        let alice = self.alice.clone();
        requests(&mut self.bob, "be asked by alice", |open| open.iter().any(|one| one.person == alice)).await;
        request
    }
}

/// Waits until the phone shows friend requests like that.
async fn requests(phone: &mut TestPhone, what: &str, like_that: impl Fn(&[FriendRequest]) -> bool) {
    phone
        .until(what, |event| match event {
            Event::FriendRequests(open) => like_that(open).then_some(()),
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_friends_are_asked_first_that_is_the_answer_and_open_phones_are_asked() {
    let service = where_friends_are_asked().await;
    let mut strangers = Strangers::meet(&service).await;
    let request = strangers.ask().await;
    let Strangers { mut bob, his, alice, .. } = strangers;
    assert_eq!((request.person.identity, request.direction), (bob.identity(), Direction::Outgoing));
    assert_eq!(his.befriends(&alice.identity).await, Befriended::Added, "each asked the other");
    bob.lists("have a friend more", |rows| rows.iter().any(|row| row.person == alice)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn friend_requests_are_answered_over_rest_as_on_a_phone() {
    let service = where_friends_are_asked().await;
    let mut strangers = Strangers::meet(&service).await;
    let (to_bob, to_alice) = (strangers.bob.identity(), strangers.alice.identity.clone());
    for (answer, path, by_her) in [
        ("withdraw", format!("friend-requests/{to_bob}/withdraw"), true),
        ("accept", format!("friend-requests/{to_alice}/accept"), false),
        ("decline", format!("friend-requests/{to_alice}/decline"), false),
    ] {
        let request = strangers.ask().await;
        let Strangers { bob, hers, his, alice, friend } = &mut strangers;
        let program = if by_her { &*hers } else { &*his };
        let FriendRequestsPage { requests: own, next } = hers.gets("friend-requests").await;
        assert_eq!((&own, next), (&vec![request], None), "{answer}");
        let FriendRequestsPage { requests: asked, .. } = his.gets("friend-requests?limit=1").await;
        assert_eq!((&asked[0].person, asked[0].direction), (&*alice, Direction::Incoming));
        assert_eq!(program.does(Method::POST, &path, Value::Null).await, StatusCode::NO_CONTENT, "{answer}");
        requests(bob, "be asked no more", |open| open.is_empty()).await;
        assert_eq!(his.gets::<FriendRequestsPage>("friend-requests").await.requests, []);
        if answer == "accept" {
            let ended = hers.does(Method::DELETE, friend, Value::Null).await;
            assert_eq!(ended, StatusCode::NO_CONTENT, "they were friends");
        } else {
            let again = program.is_refused(Method::POST, &path, Value::Null).await;
            assert_eq!(again, (StatusCode::NOT_FOUND, FailureCode::NotFound), "{answer}");
        }
    }
    let open = strangers.hers.gets::<FriendRequestsPage>("friend-requests").await.requests;
    assert_eq!(open.len(), 1, "who asked is not told that it was declined");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_one_blocks_over_rest_sees_one_offline_and_open_phones_show_it() {
    let service = TestService::start().await;
    let mut bob = service.silent_phone("bob").await;
    let mut alice = service.silent_phone("alice").await;
    let program = Program::of(&service, "alice").await;
    let him = bob.identity();
    bob.sees(&alice.identity(), PresenceState::Online).await;
    let body = json!({"identity": him});
    assert_eq!(program.does(Method::POST, "blocked", body.clone()).await, StatusCode::NO_CONTENT);
    let shows = |wanted: bool| {
        let him = him.clone();
        move |event: &Event| match event {
            Event::Blocked(people) => (people.iter().any(|person| person.identity == him) == wanted).then_some(()),
            _ => None,
        }
    };
    alice.until("show him as blocked", shows(true)).await;
    bob.sees(&alice.identity(), PresenceState::Offline).await;
    let BlockedPage { people, next } = program.gets("blocked").await;
    assert_eq!((people, next), (vec![bob.person()], None));
    let twice = program.is_refused(Method::POST, "blocked", body).await;
    assert_eq!(twice, (StatusCode::CONFLICT, FailureCode::Conflict));
    let path = format!("blocked/{him}");
    assert_eq!(program.does(Method::DELETE, &path, Value::Null).await, StatusCode::NO_CONTENT);
    alice.until("show him as blocked no more", shows(false)).await;
    bob.sees(&alice.identity(), PresenceState::Online).await;
    let gone = program.is_refused(Method::DELETE, &path, Value::Null).await;
    assert_eq!(gone, (StatusCode::NOT_FOUND, FailureCode::NotFound));
    let oneself = program.is_refused(Method::POST, "blocked", json!({"identity": alice.identity()})).await;
    assert_eq!(oneself, (StatusCode::BAD_REQUEST, FailureCode::BadRequest));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_given_over_rest_is_shown_on_open_phones() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let program = Program::of(&service, "alice").await;
    let response = program.asks(Method::PATCH, "me", Some(&json!({"display_name": "Alice Ang"}))).await;
    assert_eq!(response.status(), StatusCode::OK);
    let me: Person = response.json().await.unwrap();
    assert_eq!((me.identity.clone(), me.display_name.as_str()), (alice.identity(), "Alice Ang"));
    alice.until("be told", |event| matches!(event, Event::Me(now) if *now == me).then_some(())).await;
    bob.lists("show her as Alice Ang", |rows| rows.iter().any(|row| row.person == me)).await;
    // What is not named stays as it is.
    let response = program.asks(Method::PATCH, "me", Some(&json!({}))).await;
    assert_eq!((response.status(), response.json::<Person>().await.unwrap()), (StatusCode::OK, me));
    let identity = service.identities().create_identity(clock::unix_now()).await.unwrap();
    let (scopes, hour) = ("chat".parse().unwrap(), Duration::from_secs(3600));
    let token = service.identities().issue_token(&identity, scopes, hour, clock::unix_now()).await.unwrap().0;
    let guest = Program { service: &service, token };
    let refused = guest.is_refused(Method::PATCH, "me", json!({"display_name": "Guest"})).await;
    assert_eq!(refused, (StatusCode::FORBIDDEN, FailureCode::Forbidden));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_friends_comes_in_pages() {
    let service = TestService::start().await;
    let program = Program::of(&service, "alice").await;
    let all: FriendsPage = program.gets("friends").await;
    assert!(all.friends.len() > 3 && all.next.is_none(), "{all:?}");
    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page: FriendsPage = program.gets(&format!("friends?limit=2{after}")).await;
        assert!(page.friends.len() <= 2);
        paged.extend(page.friends);
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    assert_eq!(paged, all.friends);
    for wrong in ["limit=0", "limit=501", "limit=many", "after=%ff", "limit=1&limit=2"] {
        let refused = program.is_refused(Method::GET, &format!("friends?{wrong}"), Value::Null).await;
        assert_eq!(refused, (StatusCode::BAD_REQUEST, FailureCode::BadRequest), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_made_over_rest_come_and_go_on_open_phones() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let program = Program::of(&service, "alice").await;
    alice.tell(Command::LoadGroups).await;
    groups(&mut alice, |_| true).await;
    let response = program.asks(Method::POST, "groups", Some(&json!({"name": "Ops"}))).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let made: GroupRow = response.json().await.unwrap();
    groups(&mut alice, |rows| rows.iter().any(|row| row.group == made.group)).await;
    let listed: GroupsPage = program.gets("groups").await;
    assert!(listed.groups.contains(&made));
    for key in [made.group.id.to_string(), made.group.code.to_string()] {
        assert_eq!(program.gets::<GroupRow>(&format!("groups/{key}")).await, made);
    }
    let path = format!("groups/{}", made.group.code);
    assert_eq!(program.does(Method::DELETE, &path, Value::Null).await, StatusCode::NO_CONTENT);
    groups(&mut alice, |rows| rows.iter().all(|row| row.group != made.group)).await;
    let gone = program.is_refused(Method::DELETE, &path, Value::Null).await;
    assert_eq!(gone, (StatusCode::NOT_FOUND, FailureCode::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_go_on_are_shown_to_who_takes_part_and_to_administrators() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let mine = Program::of(&service, "alice").await;
    let callees = Program::of(&service, "bob").await;
    let others = Program::of(&service, "carol").await;
    let admin = Program::administrator(&service);
    let call = alice.calls("bob").await;
    bob.rings().await;
    alice.is(CallState::Ringing).await;
    for program in [&mine, &callees] {
        let CallsPage { calls, next } = program.gets("calls").await;
        assert_eq!((calls.len(), calls[0].call_id, calls[0].standing), (1, call, CallStanding::Ringing));
        assert_eq!((calls[0].connected_since, next), (None, None));
        let parties: Vec<_> = calls[0].participants.iter().map(|one| one.person.clone()).collect();
        assert_eq!((parties, calls[0].count), (vec![alice.person(), bob.person()], 2));
    }
    assert_eq!(others.gets::<CallsPage>("calls").await.calls, []);
    bob.tell(Command::Answer(call)).await;
    alice.is(CallState::Connected).await;
    bob.is(CallState::Connected).await;
    let all: CallsPage = admin.gets("admin/calls").await;
    assert_eq!((all.calls.len(), all.calls[0].standing), (1, CallStanding::Connected));
    assert!(all.calls[0].connected_since.unwrap() >= all.calls[0].since);
    assert_eq!(admin.gets::<CallsPage>(&format!("admin/calls?after={call}")).await.calls, []);
    let refused = mine.is_refused(Method::GET, "admin/calls", Value::Null).await;
    assert_eq!(refused, (StatusCode::FORBIDDEN, FailureCode::Forbidden));
    alice.hangs_up(call).await;
    alice.ends_and_records().await;
    assert_eq!(mine.gets::<CallsPage>("calls").await.calls, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn past_calls_come_in_pages_and_what_is_noted_over_rest_is_told() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let mut calls = Vec::new();
    for _ in 0..3 {
        let call = connect(&mut alice, &mut bob).await;
        alice.hangs_up(call).await;
        alice.ends_and_records().await;
        bob.ends_and_records().await;
        calls.insert(0, call);
    }
    let program = Program::of(&service, "alice").await;
    let first: HistoryPage = program.gets("history?limit=2").await;
    let second: HistoryPage = program.gets(&format!("history?limit=2&before={}", first.next.unwrap())).await;
    assert_eq!(second.next, None);
    let paged: Vec<_> = first.records.iter().chain(&second.records).map(|record| record.call_id).collect();
    assert_eq!(paged, calls);

    let path = format!("history/{}/note", calls[1]);
    assert_eq!(program.does(Method::PUT, &path, json!({"note": "Refund"})).await, StatusCode::NO_CONTENT);
    alice
        .until("be told of the note", |event| match event {
            Event::Recorded(record) if record.call_id == calls[1] => record.note.clone(),
            _ => None,
        })
        .await;
    let found: HistoryPage = program.gets("history?text=refund&missed=false").await;
    assert_eq!(found.records.iter().map(|record| record.call_id).collect::<Vec<_>>(), [calls[1]]);
    let of_nobody = format!("history/{}/note", uuid::Uuid::nil());
    let refused = program.is_refused(Method::PUT, &of_nobody, json!({})).await;
    assert_eq!(refused, (StatusCode::NOT_FOUND, FailureCode::NotFound));
    assert_eq!(program.does(Method::POST, "history/seen", Value::Null).await, StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_no_more_over_rest_than_over_a_socket() {
    let service = TestService::start().await;
    let (identities, now) = (service.identities(), clock::unix_now());
    let guest = identities.create_identity(now).await.unwrap();
    let scopes = "voip.join".parse().unwrap();
    let token = identities.issue_token(&guest, scopes, Duration::from_secs(3600), now).await.unwrap().0;
    let program = Program { service: &service, token };
    let refused = program.is_refused(Method::POST, "groups", json!({"name": "Ops"})).await;
    assert_eq!(refused, (StatusCode::FORBIDDEN, FailureCode::Forbidden));
    assert_eq!(program.gets::<FriendsPage>("friends").await.friends, []);
    identities.revoke_tokens(&guest, clock::unix_now()).await.unwrap();
    let refused = program.is_refused(Method::GET, "friends", Value::Null).await;
    assert_eq!(refused, (StatusCode::UNAUTHORIZED, FailureCode::Unauthenticated));
}
