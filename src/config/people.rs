//! `[people]`: whom people find, and how they become friends.

use super::section::section;
use super::value::choice;

choice! {
    /// Whom a search by a part of a name finds.
    Directory {
        /// The people of one's own organisation.
        Organisation = "organisation",
        /// Everyone.
        Everyone = "everyone",
        /// Nobody.
        Nobody = "nobody",
    }
}

choice! {
    /// How friends are made.
    FriendPolicy {
        /// Whoever adds somebody has them on the list at once.
        Direct = "direct",
        /// They are asked first, and have each other on their lists once they accept.
        Request = "request",
    }
}

section! {
    /// How people of the service find each other.
    People in "people" {
        /// Whom a search by a part of a name finds: organisation (those of one's own), everyone or nobody. A whole user
        /// name or identity finds anyone.
        directory: Directory = Directory::Organisation,
        /// How friends are made: direct (whoever adds somebody has them on the list at once) or request (they are asked,
        /// and have each other on their lists once they accept). Who is a friend remains one when this changes.
        friends: FriendPolicy = FriendPolicy::Direct,
    }
}
