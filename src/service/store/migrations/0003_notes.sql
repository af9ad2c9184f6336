-- Who answered, where that was somebody else than was called; kept as they were called then.
ALTER TABLE call_records ADD COLUMN answered_by_identity TEXT;
ALTER TABLE call_records ADD COLUMN answered_by_user_name TEXT;
ALTER TABLE call_records ADD COLUMN answered_by_display_name TEXT;
-- What the owner of the record noted.
ALTER TABLE call_records ADD COLUMN note TEXT;
-- The names of a record, and its note, in lower case, for searching.
ALTER TABLE call_records ADD COLUMN folded_names TEXT NOT NULL DEFAULT '';
ALTER TABLE call_records ADD COLUMN folded_note TEXT NOT NULL DEFAULT '';
-- Whether a missed call was seen to be missed.
ALTER TABLE call_records ADD COLUMN seen BIGINT NOT NULL DEFAULT 0;

-- Calls missed before anybody counted are no news.
UPDATE call_records SET seen = CASE WHEN outcome = 'missed' THEN 1 ELSE 0 END,
    folded_names = LOWER(COALESCE(with_user_name, '') || ' ' || COALESCE(with_display_name, group_name, ''));

CREATE INDEX call_records_missed ON call_records (identity) WHERE outcome = 'missed' AND seen = 0;
