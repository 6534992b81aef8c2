-- The tables of food_delivery, for SQLite. Made from food_delivery.awm by awmc: do not edit this
-- file, change the spec and compile it again.

CREATE TABLE zone (
  postcode TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  surcharge INTEGER NOT NULL DEFAULT 0,  -- On top of the delivery fee; in cents
  CONSTRAINT zone_postcode_pattern CHECK (awm_regex(postcode, '[0-9]{5}')),
  CONSTRAINT zone_surcharge_range CHECK (surcharge >= 0)
) STRICT;

CREATE TABLE customer (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  credit INTEGER NOT NULL DEFAULT 0,  -- in cents
  CONSTRAINT customer_name_length CHECK (length(name) BETWEEN 1 AND 80),
  CONSTRAINT customer_credit_range CHECK (credit >= 0)
) STRICT;
CREATE UNIQUE INDEX customer_email_key ON customer(email);

CREATE TABLE address (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer INTEGER NOT NULL REFERENCES customer (id),
  label TEXT NOT NULL,
  place_street TEXT NOT NULL,
  place_door TEXT NOT NULL,
  zone TEXT NOT NULL REFERENCES zone (postcode),
  is_default INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT address_label_length CHECK (length(label) BETWEEN 1 AND 30),
  CONSTRAINT address_place_street_length CHECK (length(place_street) BETWEEN 3 AND 80),
  CONSTRAINT address_place_door_length CHECK (length(place_door) BETWEEN 1 AND 40),
  CONSTRAINT address_is_default_values CHECK (is_default IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX address_customer_label_key ON address(customer, label);
CREATE UNIQUE INDEX address_customer_key ON address(customer) WHERE is_default;
CREATE INDEX address_zone_idx ON address(zone);

CREATE TABLE card (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer INTEGER NOT NULL REFERENCES customer (id),
  brand TEXT NOT NULL,
  last4 TEXT NOT NULL,
  expires TEXT NOT NULL,
  is_default INTEGER NOT NULL DEFAULT 0,
  token TEXT,
  CONSTRAINT card_brand_values CHECK (brand IN ('visa', 'mastercard', 'amex')),
  CONSTRAINT card_last4_pattern CHECK (awm_regex(last4, '[0-9]{4}')),
  CONSTRAINT card_expires_format CHECK (strftime('%Y-%m-%d', expires) IS expires),
  CONSTRAINT card_is_default_values CHECK (is_default IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX card_customer_key ON card(customer) WHERE is_default;
CREATE INDEX card_customer_idx ON card(customer);

CREATE TABLE restaurant (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  cuisine TEXT NOT NULL,
  delivery_fee INTEGER NOT NULL,  -- in cents
  min_order INTEGER NOT NULL,  -- in cents
  accepting INTEGER NOT NULL DEFAULT 1,  -- Takes orders right now
  CONSTRAINT restaurant_cuisine_values CHECK (cuisine IN ('italian', 'chinese', 'indian', 'healthy', 'american', 'mexican', 'japanese')),
  CONSTRAINT restaurant_delivery_fee_range CHECK (delivery_fee >= 0),
  CONSTRAINT restaurant_min_order_range CHECK (min_order >= 0),
  CONSTRAINT restaurant_accepting_values CHECK (accepting IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX restaurant_name_key ON restaurant(name);

CREATE TABLE opening_time (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  restaurant INTEGER NOT NULL REFERENCES restaurant (id),
  day TEXT NOT NULL,
  opens TEXT NOT NULL,
  closes TEXT NOT NULL,
  CONSTRAINT opening_time_day_values CHECK (day IN ('weekdays', 'saturday', 'sunday')),
  CONSTRAINT opening_time_opens_format CHECK (strftime('%H:%M', opens) IS opens),
  CONSTRAINT opening_time_closes_format CHECK (strftime('%H:%M', closes) IS closes),
  CONSTRAINT opening_time_check_1 CHECK (opens < closes)  -- A kitchen closes after it opens.
) STRICT;
CREATE UNIQUE INDEX opening_time_restaurant_day_key ON opening_time(restaurant, day);

CREATE TABLE dish (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  restaurant INTEGER NOT NULL REFERENCES restaurant (id),
  name TEXT NOT NULL,
  section TEXT NOT NULL,
  diet TEXT NOT NULL,
  price INTEGER NOT NULL,  -- in cents
  available INTEGER NOT NULL DEFAULT 1,
  CONSTRAINT dish_section_values CHECK (section IN ('starter', 'main', 'side', 'dessert', 'drink')),
  CONSTRAINT dish_diet_values CHECK (diet IN ('regular', 'vegetarian', 'vegan')),
  CONSTRAINT dish_price_range CHECK (price >= 0),
  CONSTRAINT dish_available_values CHECK (available IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX dish_restaurant_name_key ON dish(restaurant, name);

-- Such as a size or toppings.
CREATE TABLE choice (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dish INTEGER NOT NULL REFERENCES dish (id),
  name TEXT NOT NULL,
  least INTEGER NOT NULL DEFAULT 0,  -- So many options must be taken
  most INTEGER NOT NULL DEFAULT 1,
  CONSTRAINT choice_least_range CHECK (least BETWEEN 0 AND 5),
  CONSTRAINT choice_most_range CHECK (most BETWEEN 1 AND 5),
  CONSTRAINT choice_check_1 CHECK (least <= most)  -- No choice asks for more than it allows.
) STRICT;
CREATE UNIQUE INDEX choice_dish_name_key ON choice(dish, name);

CREATE TABLE option (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  choice INTEGER NOT NULL REFERENCES choice (id),
  name TEXT NOT NULL,
  extra INTEGER NOT NULL DEFAULT 0,  -- in cents
  CONSTRAINT option_extra_range CHECK (extra >= 0)
) STRICT;
CREATE UNIQUE INDEX option_choice_name_key ON option(choice, name);

-- A line of the customer's one cart.
CREATE TABLE cart_line (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer INTEGER NOT NULL REFERENCES customer (id),
  dish INTEGER NOT NULL REFERENCES dish (id),
  qty INTEGER NOT NULL DEFAULT 1,
  note TEXT,
  CONSTRAINT cart_line_qty_range CHECK (qty BETWEEN 1 AND 20),
  CONSTRAINT cart_line_note_length CHECK (length(note) <= 120)
) STRICT;
CREATE INDEX cart_line_customer_idx ON cart_line(customer);
CREATE INDEX cart_line_dish_idx ON cart_line(dish);

CREATE TABLE courier (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  vehicle TEXT NOT NULL,
  CONSTRAINT courier_vehicle_values CHECK (vehicle IN ('bike', 'scooter', 'car'))
) STRICT;

CREATE TABLE coupon (
  code TEXT PRIMARY KEY NOT NULL,
  percent INTEGER NOT NULL,
  cap INTEGER NOT NULL,  -- The most that it takes off; in cents
  min_spend INTEGER NOT NULL DEFAULT 0,  -- in cents
  starts TEXT NOT NULL,
  ends TEXT NOT NULL,
  max_uses INTEGER NOT NULL,
  restaurant INTEGER REFERENCES restaurant (id),  -- Null: good everywhere
  CONSTRAINT coupon_code_pattern CHECK (awm_regex(code, '[A-Z]+[0-9]+')),
  CONSTRAINT coupon_percent_range CHECK (percent BETWEEN 1 AND 90),
  CONSTRAINT coupon_cap_range CHECK (cap >= 0),
  CONSTRAINT coupon_min_spend_range CHECK (min_spend >= 0),
  CONSTRAINT coupon_starts_format CHECK (strftime('%Y-%m-%d', starts) IS starts),
  CONSTRAINT coupon_ends_format CHECK (strftime('%Y-%m-%d', ends) IS ends),
  CONSTRAINT coupon_max_uses_range CHECK (max_uses >= 1),
  CONSTRAINT coupon_check_1 CHECK (starts <= ends)  -- A coupon ends after it starts.
) STRICT;
CREATE INDEX coupon_restaurant_idx ON coupon(restaurant);

CREATE TABLE "order" (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer INTEGER NOT NULL REFERENCES customer (id),
  restaurant INTEGER NOT NULL REFERENCES restaurant (id),
  status TEXT NOT NULL DEFAULT 'placed',
  place_street TEXT NOT NULL,
  place_door TEXT NOT NULL,
  zone TEXT NOT NULL REFERENCES zone (postcode),
  paid_with TEXT NOT NULL,
  delivery_fee INTEGER NOT NULL,  -- in cents
  discount INTEGER NOT NULL DEFAULT 0,  -- in cents
  tip INTEGER NOT NULL DEFAULT 0,  -- in cents
  credit_used INTEGER NOT NULL DEFAULT 0,  -- in cents
  coupon TEXT REFERENCES coupon (code),
  courier INTEGER REFERENCES courier (id),
  placed_at TEXT NOT NULL,
  CONSTRAINT order_status_values CHECK (status IN ('placed', 'preparing', 'cancelled', 'on_the_way', 'delivered')),
  CONSTRAINT order_place_street_length CHECK (length(place_street) BETWEEN 3 AND 80),
  CONSTRAINT order_place_door_length CHECK (length(place_door) BETWEEN 1 AND 40),
  CONSTRAINT order_delivery_fee_range CHECK (delivery_fee >= 0),
  CONSTRAINT order_discount_range CHECK (discount >= 0),
  CONSTRAINT order_tip_range CHECK (tip >= 0),
  CONSTRAINT order_credit_used_range CHECK (credit_used >= 0),
  CONSTRAINT order_placed_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', placed_at) IS placed_at)
) STRICT;
CREATE UNIQUE INDEX order_customer_coupon_key ON "order"(customer, coupon) WHERE status <> 'cancelled';
CREATE INDEX order_customer_idx ON "order"(customer);
CREATE INDEX order_restaurant_idx ON "order"(restaurant);
CREATE INDEX order_zone_idx ON "order"(zone);
CREATE INDEX order_coupon_idx ON "order"(coupon);
CREATE INDEX order_courier_idx ON "order"(courier);

CREATE TABLE order_line (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  "order" INTEGER NOT NULL REFERENCES "order" (id),
  dish INTEGER NOT NULL REFERENCES dish (id),
  qty INTEGER NOT NULL,
  unit_price INTEGER NOT NULL,  -- With its options; in cents
  CONSTRAINT order_line_qty_range CHECK (qty BETWEEN 1 AND 20),
  CONSTRAINT order_line_unit_price_range CHECK (unit_price >= 0)
) STRICT;
CREATE INDEX order_line_order_idx ON order_line("order");
CREATE INDEX order_line_dish_idx ON order_line(dish);

CREATE TABLE refund (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  line INTEGER NOT NULL REFERENCES order_line (id),
  qty INTEGER NOT NULL,
  amount INTEGER NOT NULL,  -- in cents
  reason TEXT NOT NULL,
  "to" TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending',
  asked_at TEXT NOT NULL,
  CONSTRAINT refund_qty_range CHECK (qty BETWEEN 1 AND 20),
  CONSTRAINT refund_amount_range CHECK (amount >= 0),
  CONSTRAINT refund_reason_values CHECK (reason IN ('missing', 'wrong_item', 'cold', 'late')),
  CONSTRAINT refund_to_values CHECK ("to" IN ('credit', 'card')),
  CONSTRAINT refund_status_values CHECK (status IN ('pending', 'approved', 'denied')),
  CONSTRAINT refund_asked_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', asked_at) IS asked_at)
) STRICT;
CREATE INDEX refund_line_idx ON refund(line);

CREATE TABLE review (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  "order" INTEGER NOT NULL REFERENCES "order" (id),
  stars INTEGER NOT NULL,
  comment TEXT NOT NULL,
  written_at TEXT NOT NULL,
  CONSTRAINT review_stars_range CHECK (stars BETWEEN 1 AND 5),
  CONSTRAINT review_comment_length CHECK (length(comment) <= 400),
  CONSTRAINT review_written_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', written_at) IS written_at)
) STRICT;
CREATE UNIQUE INDEX review_order_key ON review("order");

CREATE TABLE favourite (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer INTEGER NOT NULL REFERENCES customer (id),
  restaurant INTEGER NOT NULL REFERENCES restaurant (id)
) STRICT;
CREATE UNIQUE INDEX favourite_customer_restaurant_key ON favourite(customer, restaurant);
CREATE INDEX favourite_restaurant_idx ON favourite(restaurant);

-- A conversation with support.
CREATE TABLE ticket (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer INTEGER NOT NULL REFERENCES customer (id),
  "order" INTEGER REFERENCES "order" (id),
  topic TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'open',  -- waiting: for the customer
  CONSTRAINT ticket_topic_values CHECK (topic IN ('cancellation', 'food', 'delivery', 'payment')),
  CONSTRAINT ticket_status_values CHECK (status IN ('open', 'waiting', 'closed'))
) STRICT;
CREATE INDEX ticket_customer_idx ON ticket(customer);
CREATE INDEX ticket_order_idx ON ticket("order");

CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ticket INTEGER NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
  from_customer INTEGER NOT NULL DEFAULT 1,
  body TEXT NOT NULL,
  sent_at TEXT NOT NULL,
  CONSTRAINT message_from_customer_values CHECK (from_customer IN (0, 1)),
  CONSTRAINT message_body_length CHECK (length(body) BETWEEN 1 AND 500),
  CONSTRAINT message_sent_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', sent_at) IS sent_at)
) STRICT;
CREATE INDEX message_ticket_idx ON message(ticket);

-- Restaurant.zones, many to many.
CREATE TABLE restaurant_zones (
  restaurant INTEGER NOT NULL REFERENCES restaurant (id) ON DELETE CASCADE,
  zone TEXT NOT NULL REFERENCES zone (postcode) ON DELETE CASCADE,
  PRIMARY KEY (restaurant, zone)
) STRICT;
CREATE INDEX restaurant_zones_zone_idx ON restaurant_zones(zone);

-- CartLine.options, many to many.
CREATE TABLE cart_line_options (
  cart_line INTEGER NOT NULL REFERENCES cart_line (id) ON DELETE CASCADE,
  option INTEGER NOT NULL REFERENCES option (id) ON DELETE CASCADE,
  PRIMARY KEY (cart_line, option)
) STRICT;
CREATE INDEX cart_line_options_option_idx ON cart_line_options(option);

-- OrderLine.options, many to many.
CREATE TABLE order_line_options (
  order_line INTEGER NOT NULL REFERENCES order_line (id) ON DELETE CASCADE,
  option INTEGER NOT NULL REFERENCES option (id) ON DELETE CASCADE,
  PRIMARY KEY (order_line, option)
) STRICT;
CREATE INDEX order_line_options_option_idx ON order_line_options(option);
