//! Seals packets of sound (SRTP with AES-GCM: RFC 3711, RFC 7714) without troubling the connection they belong to.
//!
//! A connection that sends one packet looks through everything it has: ICE, DTLS, timers, reports. That costs several times
//! what sealing does, most of all when fifty connections send one packet each and none is in the caches. Here is what one
//! packet needs and no more. Whoever calls sees to it that no number is sealed twice.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use str0m::crypto::AeadAes256Gcm;
use str0m::crypto::dtls::SrtpProfile;

use super::keys::Keys;

/// Bytes of a master salt and of a session salt.
const SALT: usize = 12;
/// What session keys are derived for (RFC 3711 section 4.3.2).
const LABEL_KEY: u8 = 0;
const LABEL_SALT: u8 = 2;

/// The outgoing half of one connection's SRTP.
pub(super) struct Sealer {
    key: LessSafeKey,
    salt: [u8; SALT],
}

impl Sealer {
    /// A sealer with the keys of a connection; `None` for the profiles before GCM, which are left to the connection.
    pub(super) fn new(keys: &Keys) -> Option<Self> {
        let srtp = str0m::crypto::from_feature_flags().srtp_provider;
        match keys.profile {
            SrtpProfile::AEAD_AES_128_GCM => {
                let master = Master::<16>::outgoing(keys)?;
                let block = |input: &[u8], output: &mut [u8]| srtp.srtp_aes_128_ecb_round(&master.key, input, output);
                Self::with::<16>(&AES_128_GCM, master.derive(LABEL_KEY, block), master.derive(LABEL_SALT, block))
            }
            SrtpProfile::AEAD_AES_256_GCM => {
                let master = Master::<32>::outgoing(keys)?;
                let block = |input: &[u8], output: &mut [u8]| srtp.srtp_aes_256_ecb_round(&master.key, input, output);
                Self::with::<32>(&AES_256_GCM, master.derive(LABEL_KEY, block), master.derive(LABEL_SALT, block))
            }
            _ => None,
        }
    }

    fn with<const KEY: usize>(algorithm: &'static Algorithm, key: [u8; KEY], salt: [u8; SALT]) -> Option<Self> {
        Some(Self { key: LessSafeKey::new(UnboundKey::new(algorithm, &key).ok()?), salt })
    }

    /// Appends the sealed `payload` to the RTP header that `packet` holds from `start` on. Whether it could be sealed.
    pub(super) fn seal(&self, packet: &mut Vec<u8>, start: usize, ssrc: u32, sequence: u64, payload: &[u8]) -> bool {
        // Truncation is meant: the packet carries the low 16 bits, and both ends count how often they rolled over.
        let nonce = AeadAes256Gcm::rtp_iv(self.salt, ssrc, (sequence >> 16) as u32, sequence as u16);
        let header_ends = packet.len();
        packet.extend_from_slice(payload);
        let (header, body) = packet[start..].split_at_mut(header_ends - start);
        let nonce = Nonce::assume_unique_for_key(nonce);
        match self.key.seal_in_place_separate_tag(nonce, Aad::from(&*header), body) {
            Ok(tag) => {
                packet.extend_from_slice(tag.as_ref());
                true
            }
            Err(_) => false,
        }
    }
}

/// The master key of one direction.
struct Master<const KEY: usize> {
    key: [u8; KEY],
    salt: [u8; SALT],
}

impl<const KEY: usize> Master<KEY> {
    /// That of what this end sends.
    fn outgoing(keys: &Keys) -> Option<Self> {
        let (both, salts) = keys.material.split_at_checked(2 * KEY)?;
        let (client, server) = (both.split_at(KEY), salts.split_at_checked(SALT)?);
        let (key, salt) = if keys.client { (client.0, server.0) } else { (client.1, server.1) };
        Some(Self { key: key.try_into().ok()?, salt: salt.try_into().ok()? })
    }

    /// A session key (RFC 3711 section 4.3.1, RFC 7714 section 11); `block` enciphers one block with the master key.
    fn derive<const N: usize>(&self, label: u8, block: impl Fn(&[u8], &mut [u8])) -> [u8; N] {
        let mut counter = [0; 16];
        counter[..SALT].copy_from_slice(&self.salt);
        counter[7] ^= label;
        let mut derived = [0; N];
        for (at, part) in derived.chunks_mut(16).enumerate() {
            counter[15] = at as u8;
            // Twice as long as a block: the cipher wants room for padding.
            let mut stream = [0; 32];
            block(&counter, &mut stream);
            part.copy_from_slice(&stream[..part.len()]);
        }
        derived
    }
}
