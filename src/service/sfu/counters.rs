//! What the SFU did, counted: read by metrics and benchmarks, written without locks.

use std::sync::atomic::{AtomicU64, Ordering};

/// The running counters, shared by all shards.
#[derive(Debug, Default)]
pub(super) struct Counters {
    received: AtomicU64,
    bytes_in: AtomicU64,
    sent: AtomicU64,
    bytes_out: AtomicU64,
    media: AtomicU64,
    forwarded: AtomicU64,
    dropped: AtomicU64,
    flooded: AtomicU64,
    stage_changes: AtomicU64,
    legs: AtomicU64,
    tcp_connections: AtomicU64,
    tcp_refused: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Datagrams that arrived.
    pub received: u64,
    /// Bytes in them.
    pub bytes_in: u64,
    /// Datagrams the system took to be sent.
    pub sent: u64,
    /// Bytes in what was to be sent.
    pub bytes_out: u64,
    /// Media packets that legs sent, and may send.
    pub media: u64,
    /// Media packets handed to a receiver; one packet to three receivers counts three.
    pub forwarded: u64,
    /// Datagrams and packets thrown away: garbage, strangers, full queues.
    pub dropped: u64,
    /// Media packets thrown away because their sender sent more than a leg may.
    pub flooded: u64,
    /// How often the stage of a room changed: who is carried to those that hear the loudest.
    pub stage_changes: u64,
    /// Legs open now.
    pub legs: u64,
    /// TCP connections open now: of clients whom no UDP reaches, and of whoever has not shown yet what he wants.
    pub tcp_connections: u64,
    /// TCP connections turned away, or closed for others, because there were too many.
    pub tcp_refused: u64,
}

impl Counters {
    /// So many datagrams arrived, with so many bytes in all.
    pub(super) fn add_received(&self, n: u64, bytes: u64) {
        self.received.fetch_add(n, Ordering::Relaxed);
        self.bytes_in.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many datagrams were sent, with so many bytes in all.
    pub(super) fn add_sent(&self, n: u64, bytes: u64) {
        self.sent.fetch_add(n, Ordering::Relaxed);
        self.bytes_out.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn add_media(&self, n: u64) {
        self.media.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn add_forwarded(&self, n: u64) {
        self.forwarded.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn add_dropped(&self, n: u64) {
        self.dropped.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn add_flooded(&self, n: u64) {
        self.flooded.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn add_stage_changes(&self, n: u64) {
        self.stage_changes.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn add_tcp_refused(&self, n: u64) {
        self.tcp_refused.fetch_add(n, Ordering::Relaxed);
    }

    /// A shard had so many TCP connections, and has so many now.
    pub(super) fn tcp_connections(&self, before: u64, now: u64) {
        if now > before {
            self.tcp_connections.fetch_add(now - before, Ordering::Relaxed);
        } else if before > now {
            self.tcp_connections.fetch_sub(before - now, Ordering::Relaxed);
        }
    }

    pub(super) fn leg_opened(&self) {
        self.legs.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn leg_closed(&self) {
        self.legs.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Counts {
        Counts {
            received: self.received.load(Ordering::Relaxed),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
            media: self.media.load(Ordering::Relaxed),
            forwarded: self.forwarded.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            flooded: self.flooded.load(Ordering::Relaxed),
            stage_changes: self.stage_changes.load(Ordering::Relaxed),
            legs: self.legs.load(Ordering::Relaxed),
            tcp_connections: self.tcp_connections.load(Ordering::Relaxed),
            tcp_refused: self.tcp_refused.load(Ordering::Relaxed),
        }
    }
}
