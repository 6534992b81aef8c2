SELECT json_object(
  'items', json((
    SELECT json_group_array(
      json_object(
        'status', status,
        'n', n,
        'total', total / 100.0,
        'mean', mean / 100.0,
        'first', first,
        'best', best
      )
      ORDER BY CASE status
        WHEN 'booked' THEN 0
        WHEN 'done' THEN 1
        WHEN 'cancelled' THEN 2
      END
    )
    FROM (
      SELECT
        visit.status,
        count(*) AS n,
        coalesce(sum(visit.fee), 0) AS total,
        awm_money_div(sum(visit.fee), count(visit.fee)) AS mean,
        min(slot.starts) AS first,
        json_array('general', 'cardiology', 'dermatology') ->> max(
          CASE doctor.specialty
            WHEN 'general' THEN 0
            WHEN 'cardiology' THEN 1
            WHEN 'dermatology' THEN 2
          END
        ) AS best
      FROM visit
      JOIN slot ON slot.id = visit.slot
      JOIN doctor ON doctor.id = slot.doctor
      GROUP BY 1
    )
  ))
);

