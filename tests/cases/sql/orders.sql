SELECT json_object(
  'items', json((
    SELECT json_group_array(
      json_object(
        'id', awm_format_id("order".id, 'ORD-{n:05}'),
        'urgent', json(CASE "order".urgent WHEN 0 THEN 'false' WHEN 1 THEN 'true' END),
        'total', (
          SELECT coalesce(sum(line.price * line.qty), 0)
          FROM line
          WHERE line."order" = "order".id
        ) / 100.0,
        'lines', json((
          SELECT json_group_array(
            json_object(
              'product', line.product,
              'amount', line.price * line.qty / 100.0
            )
            ORDER BY line.id
          )
          FROM line
          WHERE line."order" = "order".id
        )),
        'address', json_object(
          'street', patient.address_street,
          'vip', json(iif(patient.vip, 'true', 'false'))
        )
      )
      ORDER BY "order".id
    )
    FROM "order"
    JOIN patient ON patient.id = "order".patient
  ))
);

