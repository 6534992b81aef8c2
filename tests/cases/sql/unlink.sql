DELETE FROM visit_tags
WHERE visit IN (SELECT id FROM visit WHERE status = 'booked') AND tag = :tag;
-- :tag
