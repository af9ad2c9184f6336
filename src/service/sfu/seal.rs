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

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys that differ in every part, so that no part can be taken for another.
    fn keys(profile: SrtpProfile, client: bool) -> Keys {
        let material = (0..profile.keying_material_len()).map(|n| n as u8).collect();
        Keys { profile, material, client }
    }

    fn sealed(sealer: &Sealer, header: &[u8], ssrc: u32, sequence: u64, payload: &[u8]) -> Vec<u8> {
        let mut packet = b"before".to_vec();
        packet.extend_from_slice(header);
        assert!(sealer.seal(&mut packet, b"before".len(), ssrc, sequence, payload));
        packet.split_off(b"before".len())
    }

    /// RFC 3711 appendix B.3, whose salt is two bytes longer than those of GCM: the counter begins the same.
    #[test]
    fn session_keys_are_derived_as_the_standard_says() {
        let srtp = str0m::crypto::from_feature_flags().srtp_provider;
        let key = [0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C, 0x06, 0xDE, 0x41, 0x39];
        let salt = [0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B, 0x3A];
        let master = Master::<16> { key, salt };
        let block = |input: &[u8], output: &mut [u8]| {
            let mut input: [u8; 16] = input.try_into().unwrap();
            input[12..14].copy_from_slice(&[0xAB, 0xE6]);
            srtp.srtp_aes_128_ecb_round(&key, &input, output);
        };
        let expected = [0xC6, 0x1E, 0x7A, 0x93, 0x74, 0x4F, 0x39, 0xEE, 0x10, 0x73, 0x4A, 0xFE, 0x3F, 0xF7, 0xA0, 0x87];
        assert_eq!(master.derive::<16>(LABEL_KEY, block), expected);
        let expected = [0x30, 0xCB, 0xBC, 0x08, 0x86, 0x3D, 0x8C, 0x85, 0xD4, 0x9D, 0xB3, 0x4A];
        assert_eq!(master.derive::<12>(LABEL_SALT, block), expected);
    }

    #[test]
    fn both_ends_seal_with_their_own_keys() {
        for profile in [SrtpProfile::AEAD_AES_128_GCM, SrtpProfile::AEAD_AES_256_GCM] {
            let [client, server] = [true, false].map(|client| Sealer::new(&keys(profile, client)).unwrap());
            let header = [0x80; 12];
            assert_ne!(sealed(&client, &header, 1, 1, b"sound"), sealed(&server, &header, 1, 1, b"sound"));
        }
    }

    #[test]
    fn a_packet_keeps_its_header_and_grows_by_its_tag() {
        let sealer = Sealer::new(&keys(SrtpProfile::AEAD_AES_256_GCM, false)).unwrap();
        let first = sealed(&sealer, &[0x80; 12], 1, 1, b"sound");
        assert_eq!((&first[..12], first.len()), (&[0x80; 12][..], 12 + b"sound".len() + 16));
        // The number, how often it rolled over, the stream and the header all count.
        for (header, ssrc, sequence) in
            [([0x80; 12], 1, 2), ([0x80; 12], 1, 0x1_0001), ([0x80; 12], 2, 1), ([0x81; 12], 1, 1)]
        {
            assert_ne!(sealed(&sealer, &header, ssrc, sequence, b"sound")[12..], first[12..]);
        }
    }

    #[test]
    fn what_is_older_than_gcm_or_cut_short_is_left_to_the_connection() {
        assert!(Sealer::new(&keys(SrtpProfile::AES128_CM_SHA1_80, false)).is_none());
        let mut short = keys(SrtpProfile::AEAD_AES_256_GCM, false);
        short.material.pop();
        assert!(Sealer::new(&short).is_none());
    }
}
