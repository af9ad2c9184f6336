-- The records of running calls, so that they are found among all the others.
CREATE INDEX call_records_open ON call_records (call_id) WHERE ended_at IS NULL;
