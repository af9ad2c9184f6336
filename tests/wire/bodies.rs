//! The bodies of our REST routes, `service.json`, and the line `serve` prints when it is ready.

use serde::Serialize;
use serde::de::DeserializeOwned;
use switchboard::cli::serve::Ready;
use switchboard::config::ServiceFile;
use switchboard::protocol::rest::{
    Account, AuditPage, ErrorBody, Health, NewAccount, NewDisplayName, NewPassword, NewRole, Readiness, Refresh,
    SignIn, SignOut, SignedIn,
};

use crate::samples::{Samples, read, round_trip, written_as};

#[test]
fn every_body_keeps_to_its_sample() {
    let mut samples: Samples = read("bodies");
    check::<SignIn>(&mut samples, "sign_in");
    check::<SignedIn>(&mut samples, "signed_in");
    check::<Health>(&mut samples, "health");
    check::<Account>(&mut samples, "account");
    check::<NewAccount>(&mut samples, "new_account");
    check::<NewPassword>(&mut samples, "new_password");
    check::<NewDisplayName>(&mut samples, "new_display_name");
    check::<NewRole>(&mut samples, "new_role");
    check::<AuditPage>(&mut samples, "audit_page");
    check::<Readiness>(&mut samples, "readiness");
    check::<ErrorBody>(&mut samples, "error_body");
    check::<ServiceFile>(&mut samples, "service_file");
    let refresh = samples.get("refresh").cloned().unwrap_or_default();
    round_trip::<SignOut>(&refresh);
    check::<Refresh>(&mut samples, "refresh");
    let ready = samples.remove("ready").unwrap_or_default();
    let media = ["127.0.0.1:8790".to_owned()];
    let written = Ready::new("http://127.0.0.1:8790", &media);
    written_as(&serde_json::to_value(written).unwrap(), &ready[0], true);
    assert!(samples.is_empty(), "samples of nothing: {samples:?}");
}

fn check<T: Serialize + DeserializeOwned>(samples: &mut Samples, name: &str) {
    let samples = samples.remove(name).filter(|samples| !samples.is_empty());
    round_trip::<T>(&samples.unwrap_or_else(|| panic!("no sample of {name}: add one")));
}
