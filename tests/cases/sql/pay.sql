UPDATE patient SET balance = balance - :fee WHERE id = :me;
-- :fee, :me
