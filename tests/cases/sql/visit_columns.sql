SELECT json_object(
  'id', id,
  'patient', patient,
  'slot', slot,
  'reason', reason,
  'fee', fee / 100.0,
  'status', status,
  'referrer', referrer,
  'due', due
)
FROM visit
WHERE id = :visit;
-- :visit
