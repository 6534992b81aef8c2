UPDATE visit
SET status = 'cancelled'
WHERE (SELECT doctor FROM slot WHERE id = visit.slot) = :doctor
  AND visit.status = 'booked';
-- :doctor
