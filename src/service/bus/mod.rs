//! News that flows down the module list: a part says what happened, whoever cares listens.
//!
//! Bounded: a listener that falls behind is told that it missed some and looks the state up again. One process only.

use tokio::sync::broadcast;

/// How much news a slow listener may have waiting.
const WAITING: usize = 256;

/// One kind of news. Cheap to clone; every clone speaks to the same listeners.
#[derive(Debug, Clone)]
pub struct Topic<T> {
    sender: broadcast::Sender<T>,
}

/// What a listener gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News<T> {
    /// It happened.
    Item(T),
    /// The listener was too slow, and this many were dropped: it looks the state up again.
    Missed(u64),
}

/// The listening side of a [`Topic`].
#[derive(Debug)]
pub struct Listener<T> {
    receiver: broadcast::Receiver<T>,
}

impl<T: Clone> Topic<T> {
    /// A topic nobody listens to yet.
    pub fn new() -> Self {
        Self { sender: broadcast::Sender::new(WAITING) }
    }

    /// Tells everyone who listens now; never waits.
    pub fn tell(&self, item: T) {
        // An error only says that nobody listens, which is fine.
        drop(self.sender.send(item));
    }

    /// Listens to everything told from now on.
    pub fn listen(&self) -> Listener<T> {
        Listener { receiver: self.sender.subscribe() }
    }
}

impl<T: Clone> Default for Topic<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone> Listener<T> {
    /// The next news; `None` when every [`Topic`] clone is gone. Nothing is lost when the wait is abandoned.
    pub async fn next(&mut self) -> Option<News<T>> {
        match self.receiver.recv().await {
            Ok(item) => Some(News::Item(item)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(News::Missed(missed)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_listener_hears_the_news_and_the_end() {
        let topic = Topic::new();
        let (mut one, mut other) = (topic.listen(), topic.listen());
        topic.tell(7);
        drop(topic);
        assert_eq!(one.next().await, Some(News::Item(7)));
        assert_eq!(other.next().await, Some(News::Item(7)));
        assert_eq!(one.next().await, None);
    }

    #[tokio::test]
    async fn a_slow_listener_learns_that_it_missed_some() {
        let topic = Topic::new();
        let mut slow = topic.listen();
        for number in 0..WAITING + 3 {
            topic.tell(number);
        }
        assert_eq!(slow.next().await, Some(News::Missed(3)));
        assert_eq!(slow.next().await, Some(News::Item(3)));
    }
}
