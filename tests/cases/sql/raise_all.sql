UPDATE doctor
SET fee = new.fee
FROM (
  SELECT
    doctor.id AS key,
    coalesce(
      (SELECT fee FROM doctor AS doctor_2 WHERE id = doctor.senior),
      doctor.fee
    ) AS fee
  FROM doctor
) AS new
WHERE doctor.id = new.key;

