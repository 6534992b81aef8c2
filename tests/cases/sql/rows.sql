SELECT s.id
FROM slot AS s
JOIN doctor ON doctor.id = s.doctor
WHERE s.starts > :now
  AND (:specialty IS NULL OR doctor.specialty = :specialty)
  AND NOT EXISTS (
    SELECT 1 FROM visit WHERE visit.slot = s.id AND visit.status = 'booked'
  )
ORDER BY s.starts, s.id
LIMIT :limit;
-- :limit, :now, :specialty
