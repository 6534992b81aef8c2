INSERT INTO visit (patient, slot, reason, fee, status, referrer, due)
VALUES (
  :me, :slot, :reason,
  (
    SELECT doctor.fee
    FROM slot
    JOIN doctor ON doctor.id = slot.doctor
    WHERE slot.id = :slot
  ),
  'booked', NULL, awm_add(:now, 1, 0)
)
RETURNING id;
-- :me, :now, :reason, :slot
