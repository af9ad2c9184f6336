//! The SRTP keys of a connection, seen as its DTLS handshake yields them.
//!
//! The connection takes its cryptography from a provider that anybody may write. This one is the library's own, and keeps
//! what it hands over: with it the SFU can seal sound itself, see [`super::seal`]. It lies here until it is taken, once.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use str0m::Rtc;
use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion, SrtpProfile,
};
use str0m::crypto::{CryptoError, CryptoProvider};

/// What DTLS agreed upon (RFC 5764 section 4.2).
pub(super) struct Keys {
    /// How packets are protected.
    pub(super) profile: SrtpProfile,
    /// The master keys of client and server, then their master salts.
    pub(super) material: Vec<u8>,
    /// Whether this end is the DTLS client.
    pub(super) client: bool,
}

impl Drop for Keys {
    /// Leaves nothing to be found in memory that is used again.
    fn drop(&mut self) {
        self.material.fill(0);
        // Read, so that the compiler does not leave the writing out.
        std::hint::black_box(&self.material);
    }
}

/// Where the keys of one connection will lie.
#[derive(Clone, Default)]
pub(super) struct Place(Arc<Mutex<Option<Keys>>>);

impl Place {
    /// The keys, if they have come: whoever takes them has the only copy but that of the connection.
    pub(super) fn take(&self) -> Option<Keys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, keys: Keys) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys);
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place")
    }
}

/// The library's cryptography, with keys that can be seen.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider { dtls_provider: &Watching, ..from_library() }
}

/// Builds a connection with [`provider`], and tells where its keys will lie.
pub(super) fn watched(build: impl FnOnce() -> Rtc) -> (Rtc, Place) {
    NEWEST.take();
    let rtc = build();
    (rtc, NEWEST.take().unwrap_or_default())
}

thread_local! {
    // A connection opens its DTLS when it is built, in the thread that builds it: that is how the two find each other.
    static NEWEST: RefCell<Option<Place>> = const { RefCell::new(None) };
}

fn from_library() -> CryptoProvider {
    str0m::crypto::from_feature_flags()
}

#[derive(Debug)]
struct Watching;

impl DtlsProvider for Watching {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_library().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let dtls = from_library().dtls_provider.new_dtls(cert, now, version, mtu)?;
        let place = Place::default();
        NEWEST.replace(Some(place.clone()));
        Ok(Box::new(Watched { dtls, place }))
    }
}

#[derive(Debug)]
struct Watched {
    dtls: Box<dyn DtlsInstance>,
    place: Place,
}

impl DtlsInstance for Watched {
    fn set_active(&mut self, active: bool) {
        self.dtls.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.dtls.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let client = self.dtls.is_active();
        let output = self.dtls.poll_output(buf);
        if let DtlsOutput::KeyingMaterial(material, profile) = &output {
            self.place.put(Keys { profile: *profile, material: material.to_vec(), client });
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.dtls.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.dtls.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.dtls.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.dtls.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.dtls.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.dtls.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.dtls.close()
    }
}
