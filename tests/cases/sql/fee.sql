SELECT doctor.fee FROM slot JOIN doctor ON doctor.id = slot.doctor WHERE slot.id = :slot;
-- :slot
