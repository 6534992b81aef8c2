SELECT slot.starts > awm_add(:now, 0, 86400)
FROM visit
JOIN slot ON slot.id = visit.slot
WHERE visit.id = :visit;
-- :now, :visit
