-- What an account may do besides calling: user or admin.
ALTER TABLE accounts ADD COLUMN role TEXT NOT NULL DEFAULT 'user';

-- Who did what that whoever runs the service has to answer for; no secrets, tokens or passwords.
CREATE TABLE audit (
    -- Counts on, so that it orders what happened in the same millisecond.
    entry   BIGINT NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    who     TEXT   NOT NULL,
    what    TEXT   NOT NULL,
    -- A user name, an identity, or whatever it was about.
    about   TEXT,
    -- What else there is to say of it.
    detail  TEXT,
    -- The address it was asked from.
    address TEXT
);
CREATE INDEX audit_by_time ON audit (at);
