-- Instants are milliseconds since 1970 UTC; ids, hashes and words are text; truth is 0 or 1.

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE accounts (
    user_name     TEXT   NOT NULL PRIMARY KEY,
    display_name  TEXT   NOT NULL,
    -- The display name in lower case, for searching and sorting.
    folded_name   TEXT   NOT NULL,
    -- argon2id in PHC form; none for a demo account nobody gave a password.
    password_hash TEXT,
    demo          BIGINT NOT NULL,
    disabled      BIGINT NOT NULL,
    created_at    BIGINT NOT NULL
);

CREATE TABLE identities (
    identity          TEXT   NOT NULL PRIMARY KEY,
    user_name         TEXT   UNIQUE REFERENCES accounts (user_name) ON DELETE CASCADE,
    created_at        BIGINT NOT NULL,
    -- Access tokens issued at or before this instant are refused.
    tokens_not_before BIGINT NOT NULL,
    last_seen         BIGINT
);

-- A friend may be a bot, which has no row among the identities.
CREATE TABLE friends (
    identity TEXT   NOT NULL REFERENCES identities (identity) ON DELETE CASCADE,
    friend   TEXT   NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (identity, friend)
);
CREATE INDEX friends_by_friend ON friends (friend);

CREATE TABLE refresh_tokens (
    token_hash TEXT   NOT NULL PRIMARY KEY,
    family     TEXT   NOT NULL,
    identity   TEXT   NOT NULL REFERENCES identities (identity) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    -- When it was exchanged for its successor; none while it is the one to use.
    rotated_at BIGINT,
    successor  TEXT
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_by_identity ON refresh_tokens (identity);

-- The other side is kept as it was called then: records outlive accounts.
CREATE TABLE call_records (
    call_id           TEXT   NOT NULL,
    identity          TEXT   NOT NULL,
    with_identity     TEXT   NOT NULL,
    with_user_name    TEXT   NOT NULL,
    with_display_name TEXT   NOT NULL,
    direction         TEXT   NOT NULL,
    outcome           TEXT   NOT NULL,
    started_at        BIGINT NOT NULL,
    answered_at       BIGINT,
    ended_at          BIGINT,
    end_code          BIGINT,
    end_sub_code      BIGINT,
    PRIMARY KEY (call_id, identity)
);
CREATE INDEX call_records_by_identity ON call_records (identity, started_at);
