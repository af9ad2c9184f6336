-- What accounts say about their calls.
-- For how many seconds a call rings before it is forwarded.
ALTER TABLE identities ADD COLUMN forward_after BIGINT NOT NULL DEFAULT 20;
-- Who may pick up what rings here.
ALTER TABLE identities ADD COLUMN pick_up TEXT NOT NULL DEFAULT 'friends';
-- What the owner chose to be.
ALTER TABLE identities ADD COLUMN presence TEXT NOT NULL DEFAULT 'online';

-- Whom the rules of an account name, and as what: where calls go in a case (one each), or who is an exception from do not
-- disturb. Somebody named may be a bot, which has no row among the identities, or gone.
CREATE TABLE call_rules (
    identity TEXT   NOT NULL REFERENCES identities (identity) ON DELETE CASCADE,
    named_as TEXT   NOT NULL,
    -- Counts the exceptions, in their order.
    place    BIGINT NOT NULL,
    named    TEXT   NOT NULL,
    PRIMARY KEY (identity, named_as, place)
);
CREATE INDEX call_rules_by_named ON call_rules (named);
