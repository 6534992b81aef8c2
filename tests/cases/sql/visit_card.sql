SELECT json_object(
  'id', visit.id,
  'slot', json_object(
    'id', slot.id,
    'starts', slot.starts,
    'doctor', doctor.name,
    'fee', doctor.fee / 100.0,
    'clinic', clinic.name
  ),
  'referrer', json((
    SELECT json_object('name', name, 'fee', fee / 100.0)
    FROM doctor
    WHERE id = visit.referrer
  )),
  'tags', json((
    SELECT json_group_array(tag.id ORDER BY tag.id)
    FROM tag
    WHERE tag.id IN (
      SELECT visit_tags.tag FROM visit_tags WHERE visit_tags.visit = visit.id
    )
  ))
)
FROM visit
JOIN slot ON slot.id = visit.slot
JOIN doctor ON doctor.id = slot.doctor
LEFT JOIN clinic ON clinic.code = doctor.clinic
WHERE visit.id = :visit;
-- :visit
