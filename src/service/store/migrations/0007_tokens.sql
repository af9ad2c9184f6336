-- The keys that sign tokens. One signs; the others only verify until the last token they signed has run out.
CREATE TABLE signing_keys (
    -- PKCS#8 in base64.
    private_key TEXT   NOT NULL PRIMARY KEY,
    made_at     BIGINT NOT NULL,
    -- From when on it verifies nothing any more; none while it signs.
    retires_at  BIGINT
);
INSERT INTO signing_keys (private_key, made_at) SELECT value, 0 FROM settings WHERE name = 'signing_key';
DELETE FROM settings WHERE name = 'signing_key';

-- What somebody without an account is called; none for who has one.
ALTER TABLE identities ADD COLUMN name TEXT;
CREATE UNIQUE INDEX identities_by_name ON identities (name);
