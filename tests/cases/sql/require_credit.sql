SELECT balance >= :fee FROM patient WHERE id = :me;
-- :fee, :me
