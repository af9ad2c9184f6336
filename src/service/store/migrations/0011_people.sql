-- Who asked whom to be friends. It is open until it is accepted or withdrawn: who asks is not told that it was declined.
CREATE TABLE friend_requests (
    asker    TEXT   NOT NULL REFERENCES identities (identity) ON DELETE CASCADE,
    asked    TEXT   NOT NULL REFERENCES identities (identity) ON DELETE CASCADE,
    asked_at BIGINT NOT NULL,
    declined BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (asker, asked)
);
CREATE INDEX friend_requests_by_asked ON friend_requests (asked);

-- Who blocks whom.
CREATE TABLE blocks (
    identity   TEXT   NOT NULL REFERENCES identities (identity) ON DELETE CASCADE,
    blocked    TEXT   NOT NULL REFERENCES identities (identity) ON DELETE CASCADE,
    blocked_at BIGINT NOT NULL,
    -- When the blocked are shown that the other was last seen.
    last_seen  BIGINT,
    PRIMARY KEY (identity, blocked)
);
CREATE INDEX blocks_by_blocked ON blocks (blocked);
