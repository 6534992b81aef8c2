DELETE FROM "order"
WHERE (SELECT count(*) FROM line WHERE line."order" = "order".id) = 0;

