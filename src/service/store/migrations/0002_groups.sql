-- Groups: those with a name stay until their owner gives them up, those without until nobody has used them for a while.
-- The owner may be a bot, which has no row among the identities.
CREATE TABLE groups (
    group_id    TEXT   NOT NULL PRIMARY KEY,
    owner       TEXT   NOT NULL,
    -- None for a group the service keeps only while it is used.
    name        TEXT,
    -- The name in lower case, for sorting, and for telling an owner's groups apart.
    folded_name TEXT,
    -- Without its dash.
    code        TEXT   NOT NULL UNIQUE,
    created_at  BIGINT NOT NULL,
    -- When somebody was last known to be in it, or to have asked for it to be made.
    used_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX groups_by_owner ON groups (owner, folded_name);
CREATE INDEX groups_by_use ON groups (used_at, group_id);

-- Who has which group with a name on the list.
CREATE TABLE group_list (
    identity TEXT   NOT NULL REFERENCES identities (identity) ON DELETE CASCADE,
    group_id TEXT   NOT NULL REFERENCES groups (group_id) ON DELETE CASCADE,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (identity, group_id)
);
CREATE INDEX group_list_by_group ON group_list (group_id);

-- Codes that stood for a group and do so no more: kept for a while, so that whoever comes with one is told.
CREATE TABLE ended_codes (
    code     TEXT   NOT NULL PRIMARY KEY,
    ended_at BIGINT NOT NULL
);
CREATE INDEX ended_codes_by_end ON ended_codes (ended_at);

-- A record is with a person or with a group: one of the two is there.
CREATE TABLE call_records_with_groups (
    call_id           TEXT   NOT NULL,
    identity          TEXT   NOT NULL,
    with_identity     TEXT,
    with_user_name    TEXT,
    with_display_name TEXT,
    group_id          TEXT,
    -- As it was called then; none for a group without a name.
    group_name        TEXT,
    direction         TEXT   NOT NULL,
    outcome           TEXT   NOT NULL,
    started_at        BIGINT NOT NULL,
    answered_at       BIGINT,
    ended_at          BIGINT,
    end_code          BIGINT,
    end_sub_code      BIGINT,
    PRIMARY KEY (call_id, identity)
);
INSERT INTO call_records_with_groups (call_id, identity, with_identity, with_user_name, with_display_name, direction,
    outcome, started_at, answered_at, ended_at, end_code, end_sub_code)
SELECT call_id, identity, with_identity, with_user_name, with_display_name, direction,
    outcome, started_at, answered_at, ended_at, end_code, end_sub_code
FROM call_records;
DROP TABLE call_records;
ALTER TABLE call_records_with_groups RENAME TO call_records;
CREATE INDEX call_records_by_identity ON call_records (identity, started_at);
