SELECT json_object(
  'items', json((
    SELECT json_group_array(json(item))
    FROM (
      SELECT json_object(
        'id', s.id,
        'starts', s.starts,
        'doctor', doctor.name,
        'fee', doctor.fee / 100.0,
        'clinic', clinic.name
      ) AS item
      FROM slot AS s
      JOIN doctor ON doctor.id = s.doctor
      LEFT JOIN clinic ON clinic.code = doctor.clinic
      WHERE s.starts > :now
        AND (:specialty IS NULL OR doctor.specialty = :specialty)
        AND NOT EXISTS (
          SELECT 1 FROM visit WHERE visit.slot = s.id AND visit.status = 'booked'
        )
      ORDER BY s.starts, s.id
      LIMIT :limit
    )
  )),
  'total', (
    SELECT count(*)
    FROM slot AS s
    JOIN doctor ON doctor.id = s.doctor
    WHERE s.starts > :now
      AND (:specialty IS NULL OR doctor.specialty = :specialty)
      AND NOT EXISTS (
        SELECT 1 FROM visit WHERE visit.slot = s.id AND visit.status = 'booked'
      )
  )
);
-- :limit, :now, :specialty
