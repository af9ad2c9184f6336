-- How programs prove who they are.
-- The two access keys, base64 of 64 bytes each.
CREATE TABLE access_keys (
    name    TEXT   NOT NULL PRIMARY KEY,
    key     TEXT   NOT NULL,
    made_at BIGINT NOT NULL
);

-- Which identity somebody has whom another issuer of tokens (OpenID Connect) knows as this subject.
CREATE TABLE outside_subjects (
    issuer   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    identity TEXT NOT NULL REFERENCES identities (identity) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX outside_subjects_by_identity ON outside_subjects (identity);
