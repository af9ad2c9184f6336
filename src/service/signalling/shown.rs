//! How people are shown, told to whoever sees them: the calls they are in, their own clients, and who has them for a friend.

use super::Signalling;
use crate::domain::id::Identity;
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;
use crate::service::bus::{Listener, News};

impl Signalling {
    pub(super) async fn follow_shown(self, mut changed: Listener<Identity>) {
        while let Some(news) = changed.next().await {
            match news {
                News::Item(identity) => warn_of(&identity, self.on_shown(&identity).await),
                // Which ones were missed is unknown: everybody who is connected gets all anew, friends who are not among it.
                News::Missed(_) => {
                    for identity in self.registry.identities() {
                        warn_of(&identity, self.tell_all_shown(&identity).await);
                    }
                }
            }
        }
    }

    /// Tells how somebody is shown now: the calls, all clients of that user, and whoever has that user on the list.
    async fn on_shown(&self, identity: &Identity) -> Result<(), Failure> {
        if !self.tell_shown(identity).await? {
            return Ok(());
        }
        for follower in self.identities.followers(identity).await? {
            if !self.registry.of_identity(&follower).is_empty() {
                self.tell_changed(&follower, identity).await?;
            }
        }
        Ok(())
    }

    /// Tells somebody who is connected how all are shown whom that one sees.
    async fn tell_all_shown(&self, identity: &Identity) -> Result<(), Failure> {
        self.tell_shown(identity).await?;
        for friend in self.friends_of(identity).await? {
            self.registry.notify(identity, &Notice::FriendChanged { friend });
        }
        Ok(())
    }

    /// Tells the calls somebody is in, and all clients of that user, how that one is shown now; `false` for nobody.
    async fn tell_shown(&self, identity: &Identity) -> Result<bool, Failure> {
        let Some(person) = self.identities.person(identity).await? else { return Ok(false) };
        self.calls.shown_as(person.clone()).await;
        self.registry.notify(identity, &Notice::MeChanged { me: person });
        Ok(true)
    }
}

fn warn_of(identity: &Identity, told: Result<(), Failure>) {
    if let Err(failure) = told {
        tracing::warn!(%failure, %identity, "how somebody is shown now was not passed on");
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::id::DisplayName;
    use crate::service::bus::Topic;
    use crate::service::signalling::kit::{Kit, heard};

    #[tokio::test]
    async fn who_was_renamed_and_is_not_there_is_told_of_though_the_news_was_missed() {
        let kit = Kit::new().await;
        let [alice, bob] = [kit.account("alice").await, kit.account("bob").await];
        kit.signalling.identities.add_friend(&alice.identity, &bob.identity).await.unwrap();
        let mut socket = kit.socket_of(alice.clone()).await;
        let topic = Topic::new();
        let changed = topic.listen();
        kit.signalling.identities.set_display_name(&bob.name, DisplayName::from("Robert")).await.unwrap();
        topic.tell(bob.identity);
        // More than a listener has waiting.
        for _ in 0..300 {
            topic.tell(alice.identity.clone());
        }
        drop(topic);
        let following = kit.signalling.clone().follow_shown(changed);
        let (told, ()) = tokio::join!(heard(&mut socket, "friend_changed"), following);
        assert!(told.contains("Robert"), "{told}");
    }
}
