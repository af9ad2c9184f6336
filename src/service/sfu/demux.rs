//! Whose datagram is it? By source address; a STUN request says by its user name. Strangers cost one look-up.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::legs::LegKey;

#[derive(Default)]
pub(super) struct Demux {
    by_address: HashMap<SocketAddr, LegKey>,
    by_fragment: HashMap<String, LegKey>,
}

/// How many source addresses a leg may be heard from: a client has a few interfaces, not hundreds.
pub(super) const ADDRESSES_PER_LEG: usize = 16;

impl Demux {
    /// The leg a datagram belongs to.
    pub(super) fn find(&self, from: SocketAddr, datagram: &[u8]) -> Option<LegKey> {
        match stun_fragment(datagram) {
            Some(fragment) => self.by_fragment.get(fragment).copied(),
            None => self.by_address.get(&from).copied(),
        }
    }

    /// The leg a datagram names, as STUN requests do.
    pub(super) fn named(&self, datagram: &[u8]) -> Option<LegKey> {
        self.by_fragment.get(stun_fragment(datagram)?).copied()
    }

    /// Makes a leg known by its ICE user name fragment.
    pub(super) fn add_leg(&mut self, fragment: String, key: LegKey) {
        self.by_fragment.insert(fragment, key);
    }

    /// A datagram that only this leg's peer can have sent came from `from`. `addresses` are those of the leg.
    pub(super) fn learn(&mut self, from: SocketAddr, key: LegKey, addresses: &mut Vec<SocketAddr>) {
        if self.by_address.insert(from, key) == Some(key) {
            return;
        }
        if addresses.len() == ADDRESSES_PER_LEG {
            self.forget_address(addresses[0], key);
            addresses.remove(0);
        }
        addresses.push(from);
    }

    /// Forgets a leg.
    pub(super) fn remove_leg(&mut self, fragment: &str, key: LegKey, addresses: &[SocketAddr]) {
        self.by_fragment.remove(fragment);
        for &address in addresses {
            self.forget_address(address, key);
        }
    }

    /// Another leg may have taken the address over in the meantime.
    fn forget_address(&mut self, address: SocketAddr, key: LegKey) {
        if self.by_address.get(&address) == Some(&key) {
            self.by_address.remove(&address);
        }
    }
}

/// Whether it looks like STUN (RFC 7983 section 7).
pub(super) fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|&first| first < 4)
}

/// The receiver's half of the USERNAME of a STUN request (RFC 8445 section 7.2.2): our own fragment.
fn stun_fragment(datagram: &[u8]) -> Option<&str> {
    const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
    const USERNAME: u16 = 0x0006;
    if !is_stun(datagram) || datagram.get(4..8)? != COOKIE {
        return None;
    }
    let mut rest = datagram.get(20..)?;
    while let [t0, t1, l0, l1, value @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        if u16::from_be_bytes([*t0, *t1]) == USERNAME {
            let name = std::str::from_utf8(value.get(..length)?).ok()?;
            return name.split_once(':').map(|(ours, _)| ours);
        }
        rest = value.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut out = vec![0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42];
        out.extend([7; 12]);
        for (kind, value) in attributes {
            out.extend(kind.to_be_bytes());
            out.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            out.extend(*value);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        out
    }

    #[test]
    fn a_stun_request_names_its_leg() {
        let datagram = request(&[(0x8022, b"agent"), (0x0006, b"ours:theirs")]);
        assert_eq!(stun_fragment(&datagram), Some("ours"));
    }

    #[test]
    fn broken_stun_names_nobody() {
        let whole = request(&[(0x8022, b"agent"), (0x0006, b"ours:theirs")]);
        for end in 0..whole.len() - 1 {
            assert_eq!(stun_fragment(&whole[..end]), None, "cut at {end}");
        }
        assert_eq!(stun_fragment(&request(&[(0x0006, b"no colon")])), None);
        assert_eq!(stun_fragment(&request(&[(0x0006, b"\xff\xfe:x")])), None);
        assert_eq!(stun_fragment(&[0x80; 40]), None);
    }

    #[test]
    fn a_leg_is_known_by_few_addresses_and_forgotten_whole() {
        let key = LegKey::for_tests(1);
        let mut demux = Demux::default();
        let mut addresses = Vec::new();
        let address = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        for port in 1..=100 {
            demux.learn(address(port), key, &mut addresses);
        }
        assert_eq!(addresses.len(), ADDRESSES_PER_LEG);
        assert_eq!(demux.find(address(1), &[0x80; 20]), None);
        assert_eq!(demux.find(address(100), &[0x80; 20]), Some(key));
        demux.remove_leg("x", key, &addresses);
        assert!(demux.by_address.is_empty());
    }
}
