-- The number under which a friend is a favourite; a number has one friend.
ALTER TABLE friends ADD COLUMN favourite BIGINT;
CREATE UNIQUE INDEX friends_by_favourite ON friends (identity, favourite) WHERE favourite IS NOT NULL;
