SELECT 1 FROM visit WHERE id = :visit AND patient = :me;
-- :me, :visit
