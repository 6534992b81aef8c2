SELECT coalesce(sum(price * qty), 0) FROM line WHERE "order" = :order;
-- :order
