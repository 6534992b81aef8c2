UPDATE patient
SET
  name = coalesce(:name, name),
  address_city = CASE WHEN :city IS NULL THEN address_city ELSE awm_upper(:city) END
WHERE id = :me;
-- :city, :me, :name
