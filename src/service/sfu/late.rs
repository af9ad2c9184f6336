//! Orders about legs whose shard has more to do than may wait: none is forgotten, and of each sort a leg has one, the last.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::control::hearing::{Hearing, Source};
use crate::domain::id::LegId;

/// What is asked about one leg.
#[derive(Debug, Clone)]
pub(super) enum Order {
    Hear(Hearing),
    SetSource(Source),
    Close,
}

/// What had no room among the commands of a shard. Looking whether there is something takes no lock.
#[derive(Debug, Default)]
pub(super) struct Late {
    any: AtomicBool,
    wanted: Mutex<HashMap<LegId, Wanted>>,
}

/// What becomes of a leg.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    hearing: Option<Hearing>,
    source: Option<Source>,
    close: bool,
}

impl Late {
    /// Whether some wait.
    pub(super) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// Has it carried out once all was done that was asked before.
    pub(super) fn add(&self, leg: LegId, order: Order) {
        let mut all = self.lock();
        let wanted = all.entry(leg).or_default();
        match order {
            Order::Hear(hearing) => wanted.hearing = Some(hearing),
            Order::SetSource(source) => wanted.source = Some(source),
            Order::Close => wanted.close = true,
        }
        self.any.store(true, Ordering::Release);
    }

    /// Those that wait; hardly ever any.
    pub(super) fn take(&self) -> HashMap<LegId, Wanted> {
        if !self.any() {
            return HashMap::new();
        }
        let mut all = self.lock();
        self.any.store(false, Ordering::Release);
        std::mem::take(&mut *all)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LegId, Wanted>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wanted {
    /// What is to be done.
    pub(super) fn orders(self) -> impl Iterator<Item = Order> {
        let close = self.close.then_some(Order::Close);
        self.hearing.map(Order::Hear).into_iter().chain(self.source.map(Order::SetSource)).chain(close)
    }
}
