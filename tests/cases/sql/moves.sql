SELECT id, status
FROM visit
WHERE NOT (status = 'booked' AND :to IN ('done', 'cancelled'))
  AND NOT (status = 'cancelled' AND :to = 'booked')
ORDER BY id;
-- :to
