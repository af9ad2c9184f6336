//! What the document says of each of our own routes.

use serde_json::{Map, Value};

use super::super::paging::Limit;
use super::operation::{Brings, Field, Kind, Operation};
use crate::domain::group::{GroupKey, GroupRow};
use crate::domain::id::{CallId, GroupId, Identity, UserName};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::FailureCode::{Conflict, Forbidden, NotFound, TooManyRequests, Unauthenticated};
use crate::protocol::rest::{
    AccessKeyName, AccessKeyPair, Account, AuditPage, Befriended, BlockedPage, CallsPage, DevicePoll, DevicePolled,
    DeviceSignIn, FriendRequestsPage, FriendsPage, GroupsPage, HistoryPage, IssuedToken, NewAccount, NewBlocked,
    NewDisplayName, NewFavourite, NewFriend, NewGroup, NewMe, NewNote, NewOrganisation, NewPassword, NewRole, NewToken,
    OrganisationRow, OutsideSubject, PeopleFound, Refresh, RevokeTokens, SignIn, SignInWays, SignUp, SignedIn,
};

const LIMIT: Field = Field::optional("limit", "How many rows at the most", Kind::of::<Limit>());
const USER: &[Field] = &[Field::needed("user", "The user name of the account", Kind::of::<UserName>())];
const BY_NAME: &[Field] = &[Field::optional("after", "`next` of the page before", Kind::of::<UserName>()), LIMIT];
const ASKER: &[Field] = &[Field::needed("identity", "Who asked", Kind::of::<Identity>())];
const ASKED: &[Field] = &[Field::needed("identity", "Who was asked", Kind::of::<Identity>())];
const FRIEND: &[Field] = &[Field::needed("identity", "The friend", Kind::of::<Identity>())];
const GROUP: &[Field] = &[Field::needed("group", "The ID of the group, or its code", Kind::of::<GroupKey>())];
const CALLS: &[Field] = &[Field::optional("after", "`next` of the page before", Kind::of::<CallId>()), LIMIT];

pub(in super::super) const DOCUMENT: Operation =
    Operation::new("document", "This document").brings(Kind::of::<Map<String, Value>>());

pub(in super::super) const SIGN_IN_WAYS: Operation =
    Operation::new("sign_in_ways", "How people sign in here").brings(Kind::of::<SignInWays>());

pub(in super::super) const SIGN_IN: Operation = Operation::new("sign_in", "Sign in with a user name and a password")
    .brings(Kind::of::<SignedIn>())
    .sent(Kind::of::<SignIn>())
    .refused(&[Unauthenticated, Forbidden, TooManyRequests]);

pub(in super::super) const BEGIN_DEVICE_SIGN_IN: Operation =
    Operation::new("begin_device_sign_in", "Begin to sign in with an account elsewhere (RFC 8628)")
        .brings(Kind::of::<DeviceSignIn>())
        .refused(&[NotFound]);

pub(in super::super) const POLL_DEVICE_SIGN_IN: Operation =
    Operation::new("poll_device_sign_in", "Ask how a sign-in with an account elsewhere stands")
        .brings(Kind::of::<DevicePolled>())
        .sent(Kind::of::<DevicePoll>())
        .refused(&[NotFound, Forbidden]);

pub(in super::super) const SIGN_UP: Operation =
    Operation::new("sign_up", "Make an account and sign in with it, where the service lets people do that")
        .brings(Kind::of::<SignedIn>())
        .sent(Kind::of::<SignUp>())
        .makes()
        .refused(&[Forbidden, Conflict, TooManyRequests]);

pub(in super::super) const REFRESH: Operation =
    Operation::new("refresh", "Get new tokens; the refresh token works once")
        .brings(Kind::of::<SignedIn>())
        .sent(Kind::of::<Refresh>())
        .refused(&[Unauthenticated, Forbidden]);

pub(in super::super) const SIGN_OUT: Operation =
    Operation::new("sign_out", "End a refresh token, whether it still counts or not").sent(Kind::of::<Refresh>());

pub(in super::super) const ME: Operation =
    Operation::new("me", "Who the token belongs to").brings(Kind::of::<Person>()).refused(&[NotFound]);

pub(in super::super) const CHANGE_ME: Operation =
    Operation::new("change_me", "Change how one is shown; what is left out stays as it is")
        .brings(Kind::of::<Person>())
        .sent(Kind::of::<NewMe>())
        .refused(&[NotFound, Forbidden]);

pub(in super::super) const PEOPLE: Operation =
    Operation::new("search_people", "People by a part of their name, or by identity")
        .brings(Kind::of::<PeopleFound>())
        .asked(&[Field::needed("search", "A part of a name, or a whole identity", Kind::of::<String>())]);

pub(in super::super) const FRIENDS: Operation = Operation::new("list_friends", "The own friend list, by user name")
    .brings(Kind::of::<FriendsPage>())
    .asked(BY_NAME);

pub(in super::super) const BEFRIEND: Operation =
    Operation::new("add_friend", "Put somebody on the own friend list, or ask them first, as the service's policy is")
        .brings(Kind::of::<Befriended>())
        .sent(Kind::of::<NewFriend>())
        .refused(&[NotFound, Conflict]);

pub(in super::super) const UNFRIEND: Operation =
    Operation::new("remove_friend", "Take somebody off the own friend list").about(FRIEND).refused(&[NotFound]);

pub(in super::super) const FAVOUR: Operation =
    Operation::new("set_favourite", "Make a friend a favourite, or none any more")
        .about(FRIEND)
        .sent(Kind::of::<NewFavourite>())
        .refused(&[NotFound]);

pub(in super::super) const FRIEND_REQUESTS: Operation =
    Operation::new("list_friend_requests", "The open friend requests, to oneself and one's own, by user name")
        .brings(Kind::of::<FriendRequestsPage>())
        .asked(BY_NAME);

pub(in super::super) const ACCEPT_FRIEND: Operation =
    Operation::new("accept_friend_request", "Accept a friend request: each is on the list of the other")
        .about(ASKER)
        .refused(&[NotFound, Conflict]);

pub(in super::super) const DECLINE_FRIEND: Operation =
    Operation::new("decline_friend_request", "Decline a friend request; who asked is not told")
        .about(ASKER)
        .refused(&[NotFound]);

pub(in super::super) const WITHDRAW_FRIEND: Operation =
    Operation::new("withdraw_friend_request", "Take an own friend request back").about(ASKED).refused(&[NotFound]);

pub(in super::super) const BLOCKED: Operation = Operation::new("list_blocked", "The people one blocks, by user name")
    .brings(Kind::of::<BlockedPage>())
    .asked(BY_NAME);

pub(in super::super) const BLOCK: Operation =
    Operation::new("block", "Block somebody: to them one is offline, and nothing of theirs comes here")
        .sent(Kind::of::<NewBlocked>())
        .refused(&[NotFound, Conflict]);

pub(in super::super) const UNBLOCK: Operation = Operation::new("unblock", "Block somebody no more")
    .about(&[Field::needed("identity", "Who is blocked", Kind::of::<Identity>())])
    .refused(&[NotFound]);

pub(in super::super) const GROUPS: Operation = Operation::new("list_groups", "The groups of the own list, by ID")
    .brings(Kind::of::<GroupsPage>())
    .asked(&[Field::optional("after", "`next` of the page before", Kind::of::<GroupId>()), LIMIT]);

pub(in super::super) const CREATE_GROUP: Operation =
    Operation::new("create_group", "Make a group with a name; needs the scope voip")
        .brings(Kind::of::<GroupRow>())
        .sent(Kind::of::<NewGroup>())
        .makes()
        .refused(&[Conflict]);

pub(in super::super) const SHOW_GROUP: Operation = Operation::new("show_group", "A group, and who is in it")
    .brings(Kind::of::<GroupRow>())
    .about(GROUP)
    .refused(&[NotFound]);

pub(in super::super) const REMOVE_GROUP: Operation =
    Operation::new("remove_group", "Take a group off the own list; its owner removes it for all")
        .about(GROUP)
        .refused(&[NotFound, Conflict]);

pub(in super::super) const MY_CALLS: Operation =
    Operation::new("list_my_calls", "The calls one takes part in, or that ring, on any client; by ID")
        .brings(Kind::of::<CallsPage>())
        .asked(CALLS);

pub(in super::super) const ALL_CALLS: Operation =
    Operation::new("list_calls", "All calls that go on, by ID").brings(Kind::of::<CallsPage>()).asked(CALLS);

pub(in super::super) const HISTORY: Operation =
    Operation::new("list_history", "The own past calls, the newest first").brings(Kind::of::<HistoryPage>()).asked(&[
        Field::optional("before", "`next` of the page before", Kind::of::<CallId>()),
        LIMIT,
        Field::optional("with", "Calls with this person alone, or that this person answered", Kind::of::<Identity>()),
        Field::optional(
            "text",
            "Calls whose names or note hold this text, in any case and with accents or without",
            Kind::of::<String>(),
        ),
        Field::optional("missed", "Missed calls alone", Kind::of::<bool>()),
    ]);

pub(in super::super) const HISTORY_SEEN: Operation =
    Operation::new("see_history", "Say that the missed calls were seen");

pub(in super::super) const NOTE: Operation =
    Operation::new("note_call", "Note something about a past call, or take the note away")
        .about(&[Field::needed("call", "The call", Kind::of::<CallId>())])
        .sent(Kind::of::<NewNote>())
        .refused(&[NotFound]);

pub(in super::super) const ACCOUNTS: Operation = Operation::new("list_accounts", "Accounts, by user name")
    .brings(Kind::of::<Vec<Account>>())
    .asked(&[Field::optional("after", "The last user name of the page before", Kind::of::<UserName>()), LIMIT]);

pub(in super::super) const ADD_ACCOUNT: Operation = Operation::new("add_account", "Make an account")
    .brings(Kind::of::<Account>())
    .sent(Kind::of::<NewAccount>())
    .makes()
    .refused(&[Conflict]);

pub(in super::super) const SHOW_ACCOUNT: Operation =
    Operation::new("show_account", "An account").brings(Kind::of::<Account>()).about(USER).refused(&[NotFound]);

pub(in super::super) const REMOVE_ACCOUNT: Operation =
    Operation::new("remove_account", "Remove an account, its identity and its tokens")
        .about(USER)
        .refused(&[NotFound, Conflict]);

pub(in super::super) const DISABLE_ACCOUNT: Operation =
    Operation::new("disable_account", "Refuse sign-ins, and end the tokens there are")
        .brings(Kind::of::<Account>())
        .about(USER)
        .refused(&[NotFound, Conflict]);

pub(in super::super) const ENABLE_ACCOUNT: Operation = Operation::new("enable_account", "Allow sign-ins again")
    .brings(Kind::of::<Account>())
    .about(USER)
    .refused(&[NotFound, Conflict]);

pub(in super::super) const RESET_PASSWORD: Operation =
    Operation::new("reset_password", "Set another password, and end the tokens there are")
        .about(USER)
        .sent(Kind::of::<NewPassword>())
        .refused(&[NotFound, Conflict]);

pub(in super::super) const RENAME_ACCOUNT: Operation = Operation::new("set_display_name", "Set how a person is shown")
    .brings(Kind::of::<Account>())
    .about(USER)
    .sent(Kind::of::<NewDisplayName>())
    .refused(&[NotFound, Conflict]);

pub(in super::super) const SET_ROLE: Operation =
    Operation::new("set_role", "Set what an account may do besides calling")
        .brings(Kind::of::<Account>())
        .about(USER)
        .sent(Kind::of::<NewRole>())
        .refused(&[NotFound, Conflict]);

pub(in super::super) const SET_ORGANISATION: Operation =
    Operation::new("set_organisation", "Move an account to another organisation")
        .brings(Kind::of::<Account>())
        .about(USER)
        .sent(Kind::of::<NewOrganisation>())
        .refused(&[NotFound]);

pub(in super::super) const ORGANISATIONS: Operation =
    Operation::new("list_organisations", "The organisations, and how many accounts belong to each")
        .brings(Kind::of::<Vec<OrganisationRow>>());

pub(in super::super) const BIND: Operation =
    Operation::new("bind_account", "Let somebody of another issuer sign in as an account")
        .brings(Kind::of::<Account>())
        .about(USER)
        .sent(Kind::of::<OutsideSubject>())
        .refused(&[NotFound, Conflict]);

pub(in super::super) const UNBIND: Operation =
    Operation::new("unbind_account", "Let somebody of another issuer sign in as an account no more")
        .brings(Kind::of::<Account>())
        .about(USER)
        .sent(Kind::of::<OutsideSubject>())
        .refused(&[NotFound]);

pub(in super::super) const AUDIT: Operation =
    Operation::new("list_audit", "The audit trail, the newest entries first").brings(Kind::of::<AuditPage>()).asked(&[
        Field::optional("since", "Entries of this moment or later alone", Kind::of::<UnixMillis>()),
        Field::optional("before", "`next` of the page before", Kind::of::<i64>()),
        LIMIT,
    ]);

pub(in super::super) const BACKUP: Operation = Operation {
    answer: (200, Brings::Bytes("application/vnd.sqlite3")),
    ..Operation::new("backup", "A backup of the whole service")
};

pub(in super::super) const ACCESS_KEYS: Operation =
    Operation::new("show_access_keys", "The access keys programs sign with").brings(Kind::of::<AccessKeyPair>());

pub(in super::super) const ROTATE_ACCESS_KEY: Operation =
    Operation::new("rotate_access_key", "Replace one of the two access keys")
        .brings(Kind::of::<AccessKeyPair>())
        .about(&[Field::needed("name", "Which of the two", Kind::of::<AccessKeyName>())])
        .refused(&[NotFound]);

pub(in super::super) const ROTATE_SIGNING_KEY: Operation =
    Operation::new("rotate_signing_key", "Sign tokens with a new key from now on");

pub(in super::super) const ISSUE_TOKEN: Operation =
    Operation::new("issue_token", "A token for a person, or for a program")
        .brings(Kind::of::<IssuedToken>())
        .sent(Kind::of::<NewToken>())
        .refused(&[NotFound, Forbidden]);

pub(in super::super) const REVOKE_TOKENS: Operation =
    Operation::new("revoke_tokens", "End every token of a person, and so every sign-in")
        .sent(Kind::of::<RevokeTokens>())
        .refused(&[NotFound]);
