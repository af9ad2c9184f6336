-- Which organisation an account belongs to. There is no table of organisations: nothing is kept of one but who belongs to it,
-- so that one is there as long as it has members, and nobody has to make it first, or tidy it away.
ALTER TABLE accounts ADD COLUMN organisation TEXT NOT NULL DEFAULT 'main';
CREATE INDEX accounts_by_organisation ON accounts (organisation);

-- Records keep people as they were then.
ALTER TABLE call_records ADD COLUMN with_organisation TEXT NOT NULL DEFAULT 'main';
ALTER TABLE call_records ADD COLUMN answered_by_organisation TEXT NOT NULL DEFAULT 'main';
