//! The bodies of our REST routes, `service.json`, and the line `serve` prints when it is ready.

use serde::Serialize;
use serde::de::DeserializeOwned;
use switchboard::base::secret::Secret;
use switchboard::cli::serve::Ready;
use switchboard::config::ServiceFile;
use switchboard::protocol::rest::{
    AccessKeyPair, Account, AuditPage, Befriended, BlockedPage, CallsPage, DevicePoll, DevicePolled, DeviceSignIn,
    ErrorBody, FriendRequestsPage, FriendsPage, GroupsPage, Health, HistoryPage, IssuedToken, NewAccount, NewBlocked,
    NewDisplayName, NewFavourite, NewFriend, NewGroup, NewMe, NewNote, NewOrganisation, NewPassword, NewRole, NewToken,
    OrganisationRow, OutsideSubject, PeopleFound, Readiness, Refresh, SignIn, SignInWays, SignOut, SignUp, SignedIn,
};

use crate::samples::{Samples, read, round_trip, written_as};

#[test]
fn every_body_keeps_to_its_sample() {
    let mut samples: Samples = read("bodies");
    check::<SignIn>(&mut samples, "sign_in");
    check::<SignUp>(&mut samples, "sign_up");
    check::<SignInWays>(&mut samples, "sign_in_ways");
    check::<DeviceSignIn>(&mut samples, "device_sign_in");
    check::<DevicePoll>(&mut samples, "device_poll");
    check::<DevicePolled>(&mut samples, "device_polled");
    check::<OutsideSubject>(&mut samples, "outside_subject");
    check::<SignedIn>(&mut samples, "signed_in");
    check::<Health>(&mut samples, "health");
    check::<Account>(&mut samples, "account");
    check::<NewAccount>(&mut samples, "new_account");
    check::<NewPassword>(&mut samples, "new_password");
    check::<NewDisplayName>(&mut samples, "new_display_name");
    check::<NewRole>(&mut samples, "new_role");
    check::<NewOrganisation>(&mut samples, "new_organisation");
    check::<OrganisationRow>(&mut samples, "organisation_row");
    check::<AuditPage>(&mut samples, "audit_page");
    check::<Readiness>(&mut samples, "readiness");
    check::<AccessKeyPair>(&mut samples, "access_key_pair");
    check::<NewToken>(&mut samples, "new_token");
    check::<IssuedToken>(&mut samples, "issued_token");
    check::<ErrorBody>(&mut samples, "error_body");
    check::<PeopleFound>(&mut samples, "people_found");
    check::<FriendsPage>(&mut samples, "friends_page");
    check::<NewFriend>(&mut samples, "new_friend");
    check::<Befriended>(&mut samples, "befriended");
    check::<FriendRequestsPage>(&mut samples, "friend_requests_page");
    check::<BlockedPage>(&mut samples, "blocked_page");
    check::<NewBlocked>(&mut samples, "new_blocked");
    check::<NewMe>(&mut samples, "new_me");
    check::<NewFavourite>(&mut samples, "new_favourite");
    check::<GroupsPage>(&mut samples, "groups_page");
    check::<NewGroup>(&mut samples, "new_group");
    check::<CallsPage>(&mut samples, "calls_page");
    check::<HistoryPage>(&mut samples, "history_page");
    check::<NewNote>(&mut samples, "new_note");
    check::<ServiceFile>(&mut samples, "service_file");
    let refresh = samples.get("refresh").cloned().unwrap_or_default();
    round_trip::<SignOut>(&refresh);
    check::<Refresh>(&mut samples, "refresh");
    let ready = samples.remove("ready").unwrap_or_default();
    let file = ServiceFile {
        pid: 7,
        instance: "5a0c".to_owned(),
        http: "http://127.0.0.1:8790".to_owned(),
        https: None,
        ca: None,
        media: vec!["127.0.0.1:8790".to_owned()],
        admin_secret: Secret::new("a-1".to_owned()),
        demo_secret: None,
        public: None,
    };
    let with_tls = ServiceFile {
        https: Some("https://127.0.0.1:8791".to_owned()),
        ca: Some("/tls/ca.pem".into()),
        ..file.clone()
    };
    for (file, sample) in [file, with_tls].iter().zip(&ready) {
        written_as(&serde_json::to_value(Ready::new(file)).unwrap(), sample, true);
    }
    assert_eq!(ready.len(), 2);
    assert!(samples.is_empty(), "samples of nothing: {samples:?}");
}

fn check<T: Serialize + DeserializeOwned>(samples: &mut Samples, name: &str) {
    let samples = samples.remove(name).filter(|samples| !samples.is_empty());
    round_trip::<T>(&samples.unwrap_or_else(|| panic!("no sample of {name}: add one")));
}
