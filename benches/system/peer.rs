//! A client of the SFU as the benchmark needs it: a real socket with ICE, DTLS and SRTP, driven by whoever holds it.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};
use switchboard::base::clock;
use switchboard::media::mark;

/// Longer than any datagram here.
const DATAGRAM: usize = 2_000;
/// STUN checks go out at least this often, as a phone's do.
const STUN_EVERY: Duration = Duration::from_secs(1);
/// A frame of silence: three bytes of Opus.
const SILENCE: [u8; 3] = [0xF8, 0xFF, 0xFE];

/// A client with one section to send and some to receive.
pub struct Peer {
    rtc: Rtc,
    /// Its socket: non-blocking, unless its holder gives it a time-out.
    pub socket: UdpSocket,
    here: SocketAddr,
    microphone: Mid,
    pending: Option<SdpPendingOffer>,
    /// When it wants to be looked after next.
    pub timeout: Instant,
    /// Since when sound can flow.
    pub connected: Option<Instant>,
    sequence: u64,
    buffer: Box<[u8; DATAGRAM]>,
}

impl Peer {
    /// A client that hears up to `slots` others, and its SDP offer.
    pub fn new(slots: usize) -> Result<(Self, String)> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        let here = socket.local_addr()?;
        let now = clock::now();
        let mut config = Rtc::builder().set_rtp_mode(true).clear_codecs().enable_opus(true, false);
        config = config.set_extension(mark::ID, mark::extension());
        config.set_max_stun_rto(STUN_EVERY);
        let mut rtc = config.build(now);
        rtc.add_local_candidate(Candidate::host(here, "udp")?);
        let mut change = rtc.sdp_api();
        let microphone = change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        for _ in 0..slots {
            change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        }
        let (offer, pending) = change.apply().context("there is nothing to offer")?;
        let buffer = Box::new([0; DATAGRAM]);
        let pending = Some(pending);
        let (connected, sequence) = (None, 0);
        let peer = Self { rtc, socket, here, microphone, pending, timeout: now, connected, sequence, buffer };
        Ok((peer, offer.to_sdp_string()))
    }

    /// Takes the SFU's answer: the connection is made from here on, as far as somebody drives it.
    pub fn accept(&mut self, answer: &str) -> Result<()> {
        let pending = self.pending.take().context("answered already")?;
        self.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(answer)?)?;
        self.drain(&mut |_| {})
    }

    /// Takes in everything that has arrived; `heard` gets the packets of sound, decrypted.
    pub fn attend(&mut self, mut heard: impl FnMut(&RtpPacket)) -> Result<()> {
        while self.receive(&mut |_| false, &mut heard)? {}
        self.keep_time()
    }

    /// Waits for one datagram, as long as the socket's time-out lets it, and takes it in.
    pub fn listen(&mut self, mut heard: impl FnMut(&RtpPacket)) -> Result<()> {
        self.receive(&mut |_| false, &mut heard)?;
        self.keep_time()
    }

    /// As [`Peer::attend`], but packets of sound are only counted, as they are: what many receivers cost must not hide
    /// what one forwarder costs.
    pub fn count(&mut self) -> Result<u64> {
        let mut counted = 0;
        let mut is_counted = |datagram: &[u8]| {
            let is_sound = is_rtp(datagram);
            counted += u64::from(is_sound);
            is_sound
        };
        while self.receive(&mut is_counted, &mut |_| {})? {}
        self.keep_time()?;
        Ok(counted)
    }

    /// Sends one packet of sound.
    pub fn say(&mut self, payload: &[u8]) -> Result<()> {
        self.send(payload, -20)
    }

    /// Sends one packet of silence, as a phone does whose microphone is off.
    pub fn be_silent(&mut self) -> Result<()> {
        self.send(&SILENCE, -127)
    }

    fn send(&mut self, payload: &[u8], level: i8) -> Result<()> {
        let now = clock::now();
        let opus = self.rtc.codec_config().params().iter().find(|params| params.spec().codec == Codec::Opus);
        let opus = opus.context("no Opus was negotiated")?.pt();
        self.sequence += 1;
        let timestamp = (self.sequence * 960) as u32;
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.microphone, None).context("there is nothing to send on")?;
        let voice = level > -127;
        let levels =
            ExtensionValues { audio_level: Some(level), voice_activity: Some(voice), ..ExtensionValues::default() };
        stream.write_rtp(RtpWrite::new(opus, self.sequence.into(), timestamp, now, payload).ext_vals(levels));
        // What was written leaves when time moves.
        self.rtc.handle_input(Input::Timeout(now))?;
        self.drain(&mut |_| {})
    }

    /// Takes in one datagram, unless `taken` takes it; whether there was one.
    fn receive(&mut self, taken: &mut impl FnMut(&[u8]) -> bool, heard: &mut impl FnMut(&RtpPacket)) -> Result<bool> {
        let (length, source) = match self.socket.recv_from(&mut self.buffer[..]) {
            Ok(received) => received,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        let datagram = &self.buffer[..length];
        if taken(datagram) {
            return Ok(true);
        }
        let contents = datagram.try_into()?;
        let receive = Receive { proto: Protocol::Udp, source, destination: self.here, contents };
        self.rtc.handle_input(Input::Receive(clock::now(), receive))?;
        self.drain(heard)?;
        Ok(true)
    }

    fn keep_time(&mut self) -> Result<()> {
        let now = clock::now();
        if self.timeout <= now {
            self.rtc.handle_input(Input::Timeout(now))?;
            self.drain(&mut |_| {})?;
        }
        Ok(())
    }

    fn drain(&mut self, heard: &mut impl FnMut(&RtpPacket)) -> Result<()> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return Ok(());
                }
                Output::Transmit(transmit) => {
                    self.socket.send_to(&transmit.contents, transmit.destination)?;
                }
                Output::Event(Event::RtpPacket(packet)) => heard(&packet),
                Output::Event(Event::Connected) => self.connected = Some(clock::now()),
                Output::Event(_) => {}
            }
        }
    }
}

/// RTP, and not RTCP, by its first bytes (RFC 5761 section 4, RFC 7983 section 7).
fn is_rtp(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, second, ..] if !(192..224).contains(second))
}
