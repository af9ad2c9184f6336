//! The SFU as its users see it: real datagrams over the loopback, from peers that know nothing of its inside.

mod addresses;
mod groups;
mod hostile;
mod kit;
mod legs;
mod media;
mod over_tcp;
mod wiring;
