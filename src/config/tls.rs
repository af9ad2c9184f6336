//! `[tls]`: which certificate the service shows.

use super::section::section;
use super::value::choice;

choice! {
    /// How it is proved to an ACME authority that a host name is this service.
    AcmeChallenge {
        /// By whichever of the two works.
        Auto = "auto",
        /// Over TLS (RFC 8737).
        TlsAlpn = "tls-alpn-01",
        /// Over plain HTTP (RFC 8555 section 8.3).
        Http = "http-01",
    }
}

section! {
    /// The certificate of HTTPS, served at `service.tls_listen`. As it is here, the service makes one of an authority of its
    /// own, which clients have to be told to trust; docs/operating.md tells of the other ways.
    Tls in "tls" {
        /// The file with the service's certificate in PEM, and those that lead from it to its authority. Read again when it
        /// changes.
        certificate: String = String::new(),
        /// The file with the private key of that certificate, in PEM.
        key: String = String::new(),
        /// Whether to fetch a certificate for the host of `service.public_url` by ACME, and keep it renewed. By setting this
        /// you agree to the terms of service of the authority.
        acme: bool = false,
        /// Where the authority reaches you, such as "mailto:ops@example.com". Empty: nowhere.
        acme_contact: String = String::new(),
        /// The ACME directory of the authority.
        acme_directory: String = "https://acme-v02.api.letsencrypt.org/directory".to_owned(),
        /// How the authority finds out that the host is this service: tls-alpn-01 (it asks at port 443, which has to lead to
        /// service.tls_listen), http-01 (at port 80, which has to lead to service.listen) or auto (whichever works).
        acme_challenge: AcmeChallenge = AcmeChallenge::Auto,
        /// A file in PEM with the authority that signed the directory's own certificate. Empty: one this machine trusts.
        acme_ca: String = String::new(),
    }
}
