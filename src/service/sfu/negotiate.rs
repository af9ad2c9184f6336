//! From an SDP offer to a connection and its answer: the door at which foreign SDP is judged.
//!
//! Runs in the caller's task, not in a shard: an expensive or hostile offer costs nobody else's sound.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use str0m::change::SdpOffer;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::format::{Codec, FormatParams};
use str0m::media::Frequency;
use str0m::rtp::Extension;
use str0m::{Candidate, IceCreds, Rtc, RtcConfig};

use super::keys;
use crate::base::entropy;

/// The longest offer, in bytes; a browser with eight media sections sends about 20 kB.
const MAX_BYTES: usize = 48 * 1024;
/// The most media sections: one and two to send, four and four to receive, and as many again to grow.
const MAX_SECTIONS: usize = 24;
/// The most lines: str0m compares candidates and payload types with each other.
const MAX_LINES: usize = 2_000;
/// The most ICE candidates.
const MAX_CANDIDATES: usize = 64;

/// What is wrong with an SDP offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Longer than any client's offer.
    #[error("the SDP offer is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// More media sections, candidates or lines than any client needs.
    #[error(
        "the SDP offer has more than {MAX_SECTIONS} media sections, {MAX_CANDIDATES} candidates or {MAX_LINES} lines"
    )]
    TooMuch,
    /// Not SDP.
    #[error("the SDP offer cannot be read: {0}")]
    Unreadable(String),
    /// SDP, but not one to be answered.
    #[error("the SDP offer cannot be accepted: {0}")]
    Refused(String),
    /// There is no audio section.
    #[error("the SDP offer has no audio section")]
    NoAudio,
}

/// What all connections of this process share.
pub(super) struct Crypto {
    provider: Arc<CryptoProvider>,
    certificate: DtlsCert,
}

/// A connection that waits for its peer.
pub(super) struct Negotiated {
    pub(super) rtc: Rtc,
    /// The user name fragment by which the peer's STUN requests name this connection.
    pub(super) fragment: String,
    /// Where its keys will lie.
    pub(super) keys: keys::Place,
}

impl Crypto {
    /// The crypto library and one fresh DTLS certificate; `None` when it could not be made.
    pub(super) fn new() -> Option<Self> {
        let provider = Arc::new(keys::provider());
        let certificate = provider.dtls_provider.generate_certificate()?;
        Some(Self { provider, certificate })
    }
}

/// Answers `offer`. The peer will reach the connection at `candidates`.
pub(super) fn negotiate(
    offer: &str,
    candidates: &[SocketAddr],
    crypto: &Crypto,
    now: Instant,
) -> Result<(Negotiated, String), OfferError> {
    check_size(offer)?;
    // The parser meets bytes from anyone; a panic in it must not reach further than this offer.
    catch_unwind(AssertUnwindSafe(|| answer(offer, candidates, crypto, now)))
        .unwrap_or_else(|_| Err(OfferError::Refused("it contradicts itself".to_owned())))
}

fn check_size(offer: &str) -> Result<(), OfferError> {
    if offer.len() > MAX_BYTES {
        return Err(OfferError::TooLong);
    }
    let count = |start: &str| offer.lines().filter(|line| line.starts_with(start)).count();
    if count("") > MAX_LINES || count("m=") > MAX_SECTIONS || count("a=candidate:") > MAX_CANDIDATES {
        return Err(OfferError::TooMuch);
    }
    Ok(())
}

fn answer(
    offer: &str,
    candidates: &[SocketAddr],
    crypto: &Crypto,
    now: Instant,
) -> Result<(Negotiated, String), OfferError> {
    let parsed = SdpOffer::from_sdp_string(offer).map_err(|error| OfferError::Unreadable(error.to_string()))?;
    if !offer.lines().any(|line| line.starts_with("m=audio ")) {
        return Err(OfferError::NoAudio);
    }
    let credentials = fresh_credentials();
    let fragment = credentials.ufrag.clone();
    let (mut rtc, keys) = keys::watched(|| config(crypto).set_local_ice_credentials(credentials).build(now));
    for &at in candidates {
        let candidate = Candidate::host(at, "udp").map_err(|error| OfferError::Refused(error.to_string()))?;
        rtc.add_local_candidate(candidate);
    }
    let answer = rtc.sdp_api().accept_offer(parsed).map_err(|error| OfferError::Refused(error.to_string()))?;
    Ok((Negotiated { rtc, fragment, keys }, answer.to_sdp_string()))
}

/// Audio only, forwarded as it comes: RTP mode, no retransmission, no bandwidth estimation.
fn config(crypto: &Crypto) -> RtcConfig {
    let mut config = RtcConfig::new()
        .set_crypto_provider(Arc::clone(&crypto.provider))
        .set_dtls_cert(crypto.certificate.clone())
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .set_stats_interval(None)
        .clear_codecs()
        .enable_opus(true, false)
        .clear_extension_map()
        .set_extension(1, Extension::AudioLevel)
        .set_extension(4, Extension::RtpMid);
    for (pt, rate) in [(110, Frequency::FORTY_EIGHT_KHZ), (126, Frequency::EIGHT_KHZ)] {
        config.codec_config().add_config(pt.into(), None, Codec::Tele, rate, None, FormatParams::default());
    }
    config
}

/// ICE credentials (RFC 8445 section 5.3): 96 and 160 random bits, as hexadecimal digits.
fn fresh_credentials() -> IceCreds {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    IceCreds { ufrag: hex(&entropy::bytes::<12>()), pass: hex(&entropy::bytes::<20>()) }
}
