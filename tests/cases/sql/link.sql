INSERT OR IGNORE INTO visit_tags (visit, tag)
SELECT id, :tag FROM visit WHERE status = 'booked';
-- :tag
