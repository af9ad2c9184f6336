-- By which rule the display name was folded: 1, in lower case; 2, without diacritics, too. What was folded by an older rule is
-- folded anew when the database is opened.
ALTER TABLE accounts ADD COLUMN folded_by BIGINT NOT NULL DEFAULT 1;
