//! From an SDP offer to a connection and its answer: the door at which foreign SDP is judged.
//!
//! Runs in the caller's task, not in a shard: an expensive or hostile offer costs nobody else's sound.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::error::IceError;
use str0m::format::{Codec, FormatParams};
use str0m::media::Frequency;
use str0m::net::TcpType;
use str0m::rtp::Extension;
use str0m::{Candidate, IceCreds, Rtc, RtcConfig};

use super::keys;
use crate::base::entropy;
use crate::media::mark;

/// The longest offer, in bytes; a browser with eight media sections sends about 20 kB.
const MAX_BYTES: usize = 48 * 1024;
/// The most media sections: one and two to send, four and four to receive, and as many again to grow.
const MAX_SECTIONS: usize = 24;
/// The most lines: str0m compares candidates and payload types with each other.
const MAX_LINES: usize = 2_000;
/// The most ICE candidates.
const MAX_CANDIDATES: usize = 64;

/// How often a client is told what arrives of its sound (RTCP receiver reports): soon enough that it can protect its sound
/// while it is being lost, seldom enough to cost next to nothing. RFC 4585, which WebRTC follows, knows no minimum.
const REPORT_EVERY: Duration = Duration::from_secs(2);

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

/// Where clients reach connections of a shard.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidates {
    pub(super) udp: Vec<SocketAddr>,
    /// Where clients connect to (RFC 6544: passive candidates).
    pub(super) tcp: Vec<SocketAddr>,
}

impl Candidates {
    /// As ICE knows them.
    fn hosts(&self) -> impl Iterator<Item = Result<Candidate, IceError>> {
        let udp = self.udp.iter().map(|&at| Candidate::host(at, "udp"));
        let passive = |&at| Candidate::builder().tcp().host(at).tcptype(TcpType::Passive).build();
        udp.chain(self.tcp.iter().map(passive))
    }
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
    candidates: &Candidates,
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
    candidates: &Candidates,
    crypto: &Crypto,
    now: Instant,
) -> Result<(Negotiated, String), OfferError> {
    let parsed = SdpOffer::from_sdp_string(offer).map_err(|error| OfferError::Unreadable(error.to_string()))?;
    if !offer.lines().any(|line| line.starts_with("m=audio ")) {
        return Err(OfferError::NoAudio);
    }
    let credentials = fresh_credentials();
    let fragment = credentials.ufrag.clone();
    let config = config(crypto, wants_fec(offer), wants_redundancy(offer)).set_local_ice_credentials(credentials);
    let (mut rtc, keys) = keys::watched(|| config.build(now));
    for candidate in candidates.hosts() {
        rtc.add_local_candidate(candidate.map_err(|error| OfferError::Refused(error.to_string()))?);
    }
    let answer = rtc.sdp_api().accept_offer(parsed).map_err(|error| OfferError::Refused(error.to_string()))?;
    Ok((Negotiated { rtc, fragment, keys }, answer.to_sdp_string()))
}

/// Audio only, forwarded as it comes: RTP mode, no retransmission, no bandwidth estimation.
fn config(crypto: &Crypto, fec: bool, redundancy: bool) -> RtcConfig {
    let mut config = RtcConfig::new()
        .set_crypto_provider(Arc::clone(&crypto.provider))
        .set_dtls_cert(crypto.certificate.clone())
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .set_stats_interval(None)
        .set_rtcp_report_interval_audio(REPORT_EVERY)
        .clear_codecs()
        .clear_extension_map()
        .set_extension(1, Extension::AudioLevel)
        .set_extension(4, Extension::RtpMid)
        .set_extension(mark::ID, mark::extension());
    if redundancy {
        // The only way to have it; it asks for error correction within Opus too, which asks for nothing that harms.
        config.codec_config().enable_opus(true, true);
    } else {
        let sound =
            FormatParams { min_p_time: Some(10), use_inband_fec: fec.then_some(true), ..FormatParams::default() };
        config.codec_config().add_config(111.into(), None, Codec::Opus, Frequency::FORTY_EIGHT_KHZ, Some(2), sound);
    }
    for (pt, rate) in [(110, Frequency::FORTY_EIGHT_KHZ), (126, Frequency::EIGHT_KHZ)] {
        config.codec_config().add_config(pt.into(), None, Codec::Tele, rate, None, FormatParams::default());
    }
    config
}

/// Whether the client asks for forward error correction within Opus (RFC 7587 section 6.1). It is asked for the same then:
/// what it sends is what the others get.
fn wants_fec(offer: &str) -> bool {
    offer.lines().any(|line| line.starts_with("a=fmtp:") && line.contains("useinbandfec=1"))
}

/// Whether the client asks for repeated frames (RFC 2198): it prefers them to plain Opus in every audio section. That it knows
/// them, as browsers say they do, is not enough: they are twice as large.
fn wants_redundancy(offer: &str) -> bool {
    let mut sections = offer.split("\nm=").filter(|section| section.starts_with("audio ")).peekable();
    sections.peek().is_some() && sections.all(prefers_redundancy)
}

/// Whether the first payload type of a section, `m=` cut off, is that of repeated frames.
fn prefers_redundancy(section: &str) -> bool {
    let Some(first) = section.split_whitespace().nth(3) else { return false };
    let map = |line: &str| {
        Some(line.strip_prefix("a=rtpmap:")?.strip_prefix(first)?.trim_end().eq_ignore_ascii_case(" red/48000/2"))
    };
    section.lines().any(|line| map(line) == Some(true))
}

/// ICE credentials (RFC 8445 section 5.3): 96 and 160 random bits, as hexadecimal digits.
fn fresh_credentials() -> IceCreds {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    IceCreds { ufrag: hex(&entropy::bytes::<12>()), pass: hex(&entropy::bytes::<20>()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    /// What a browser offers of sound: it would repeat what is lost, and send redundant frames.
    const BROWSER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 110\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n\
        a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n\
        a=fingerprint:sha-256 11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:\
        11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00\r\n\
        a=extmap:9 urn:switchboard:rtp-hdrext:source-mark\r\n\
        a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
        a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:110 telephone-event/48000\r\n";

    fn answer_to(offer: &str) -> String {
        let crypto = Crypto::new().unwrap();
        let at = |port| vec![SocketAddr::from(([127, 0, 0, 1], port))];
        let candidates = Candidates { udp: at(9), tcp: at(10) };
        negotiate(offer, &candidates, &crypto, clock::now()).unwrap().1
    }

    #[test]
    fn it_is_reached_over_udp_rather_than_over_tcp() {
        let answer = answer_to(BROWSER);
        let candidates = answer.lines().filter_map(|line| line.strip_prefix("a=candidate:"));
        let mut of_each: Vec<Vec<_>> = candidates.map(|line| line.split(' ').skip(2).collect()).collect();
        of_each.dedup();
        let [udp, tcp] = &of_each[..] else { panic!("{answer}") };
        assert!(udp[0] == "udp" && udp[2..].starts_with(&["127.0.0.1", "9"]), "{answer}");
        assert!(
            tcp[0] == "tcp" && tcp[2..].starts_with(&["127.0.0.1", "10", "typ", "host", "tcptype", "passive"]),
            "{answer}"
        );
        let priority = |candidate: &[&str]| candidate[1].parse::<u32>().unwrap();
        assert!(priority(udp) > priority(tcp), "{answer}");
    }

    #[test]
    fn sound_is_answered_without_repetition_and_with_marks() {
        let answer = answer_to(BROWSER);
        assert!(answer.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111 110\r\n"), "{answer}");
        assert!(!answer.contains("nack"), "what comes late is of no use: {answer}");
        assert!(answer.contains("a=extmap:9 urn:switchboard:rtp-hdrext:source-mark\r\n"), "{answer}");
    }

    #[test]
    fn frames_are_repeated_for_those_who_prefer_it() {
        let answer = answer_to(&BROWSER.replace("111 63", "63 111"));
        assert!(answer.contains("m=audio 9 UDP/TLS/RTP/SAVPF 63 111 110\r\n"), "{answer}");
        assert!(answer.contains("a=fmtp:63 111/111\r\n"), "{answer}");
        assert!(!answer_to(BROWSER).contains("red/48000"));
        assert!(!wants_redundancy(&BROWSER.replace("111 63", "63 111").replace("63 red", "64 red")));
        assert!(!wants_redundancy("") && !wants_redundancy("\nm=audio") && !wants_redundancy("\nm=video 9 x 63"));
    }

    #[test]
    fn error_correction_is_as_the_client_asks() {
        assert!(answer_to(BROWSER).contains("a=fmtp:111 minptime=10;useinbandfec=1\r\n"));
        for without in ["useinbandfec=0", "usedtx=1", "stereo=1"] {
            let answer = answer_to(&BROWSER.replace("useinbandfec=1", without));
            assert!(answer.contains("a=rtpmap:111 opus/48000/2") && !answer.contains("useinbandfec=1"), "{answer}");
        }
    }
}
