//! The one provider of cryptography that TLS uses.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};

/// aws-lc-rs, for a TLS configuration made by hand.
pub fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()))
}

/// Makes it what libraries take that ask for none. To be called before the first of them does, and harmless after.
pub fn install() {
    // Refused where one is installed already, which is this one: nothing else of the program installs any.
    aws_lc_rs::default_provider().install_default().ok();
}
