//! What is said of certificates: who vouches for a service, and what to do when nobody does whom this machine trusts.

use crate::domain::fingerprint::Fingerprint;

/// Nobody vouches for the service whom this machine trusts.
pub fn unknown_authority(server: &str, fingerprint: Fingerprint) -> String {
    format!(
        "nobody this machine trusts vouches for the certificate of {server}. Its fingerprint is {fingerprint}. If whoever \
         runs the service says the same: {}",
        add(server, fingerprint)
    )
}

/// Another certificate vouches for the service than the one accepted before.
pub fn changed(server: &str, known: Fingerprint, now: Fingerprint) -> String {
    format!(
        "THE CERTIFICATE OF {server} HAS CHANGED. Accepted before: {known}; shown now: {now}. Either the service was set up \
         anew, or somebody stands between it and this machine and listens. Nothing was sent. Ask whoever runs the service, \
         by another way than this one, for its fingerprint; only if it is the new one: {}",
        add(server, now)
    )
}

/// Another certificate vouches for the service than a link, or whoever started this, said.
pub fn unexpected(server: &str, expected: Fingerprint, now: Fingerprint) -> String {
    format!(
        "{server} shows another certificate than it should: the fingerprint that was given is {expected}, its own is {now}. \
         The link is of an older set-up of the service, or somebody stands in between and listens. Nothing was sent. Ask \
         whoever runs the service for a new link or its fingerprint"
    )
}

/// The certificate has run out.
pub fn expired(server: &str) -> String {
    format!(
        "the certificate of {server} has expired: whoever runs the service has to renew it (or this machine's clock is wrong)"
    )
}

/// The certificate is not valid yet.
pub fn not_yet_valid(server: &str) -> String {
    format!("the certificate of {server} is not valid yet: this machine's clock is behind, or the service's was ahead")
}

/// The certificate names other hosts.
pub fn wrong_name(server: &str, names: &[String]) -> String {
    let names = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
    format!(
        "the certificate of {server} is for another name ({names}): use that one with --server, or have whoever runs the \
         service add this one"
    )
}

/// The certificate can't be used for another reason.
pub fn unusable(server: &str, why: &str) -> String {
    format!("the certificate of {server} can't be used: {why}")
}

/// What to type to accept a fingerprint.
pub fn add(server: &str, fingerprint: Fingerprint) -> String {
    format!("switchboard trust add {server} --fingerprint {fingerprint}")
}

/// Asks whether a fingerprint is right.
pub fn question(server: &str, fingerprint: Fingerprint) -> String {
    format!(
        "Nobody this machine trusts vouches for {server}.\nThe fingerprint of its certificate is {fingerprint}\nDoes whoever \
         runs the service say the same? [y/N] "
    )
}
