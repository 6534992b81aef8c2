SELECT self.id
FROM slot AS self
WHERE (
  SELECT count(*)
  FROM visit
  WHERE visit.slot = self.id AND visit.status = 'booked'
) > 1
ORDER BY self.id;

