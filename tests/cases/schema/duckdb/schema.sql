-- The tables of travel, for DuckDB. Made from travel.awm by awmc: do not edit this
-- file, change the spec and compile it again.

-- A place, by its code.
CREATE TABLE cities (
  code TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,  -- As people say it
  CONSTRAINT cities_code_pattern CHECK (regexp_full_match(code, '[A-Z]{3}')),
  CONSTRAINT cities_name_length CHECK (length(name) BETWEEN 1 AND 40)
);

-- A journey: what people book.
CREATE SEQUENCE trips_id_seq;
CREATE TABLE trips (
  id BIGINT PRIMARY KEY DEFAULT nextval('trips_id_seq'),
  title TEXT NOT NULL DEFAULT 'it''s \ here',  -- What it is called
  "from" DATE NOT NULL,
  "to" DATE,
  booked_at TIMESTAMP NOT NULL,
  leaves TIME NOT NULL,
  ends TIME NOT NULL,
  status TEXT NOT NULL DEFAULT 'planned',
  is_main BOOLEAN NOT NULL DEFAULT TRUE,
  price BIGINT NOT NULL DEFAULT 1050,  -- in cents
  people BIGINT NOT NULL,
  rating DOUBLE,
  site TEXT,
  pin TEXT,
  level TEXT NOT NULL DEFAULT 'very high',
  note TEXT,
  home TEXT NOT NULL REFERENCES cities (code),
  parent BIGINT,
  leader BIGINT,
  CONSTRAINT trips_title_length CHECK (length(title) >= 3),
  CONSTRAINT trips_booked_at_range CHECK (booked_at >= '2020-01-01T00:00:00'),
  CONSTRAINT trips_ends_range CHECK (ends >= '06:00'),
  CONSTRAINT trips_status_values CHECK (status IN ('planned', 'done')),
  CONSTRAINT trips_price_range CHECK (price >= 0),
  CONSTRAINT trips_people_range CHECK (people BETWEEN 1 AND 9),
  CONSTRAINT trips_rating_range CHECK (rating BETWEEN 0.0e0 AND 5.0e0),
  CONSTRAINT trips_pin_pattern CHECK (regexp_full_match(pin, '[0-9]{4}')),
  CONSTRAINT trips_level_values CHECK (level IN ('low', 'very high')),
  CONSTRAINT trips_note_length CHECK (length(note) <= 200),
  CONSTRAINT trips_order CHECK ("to" IS NULL OR "from" < "to"),  -- A trip ends after it begins.
  CONSTRAINT trips_main_has_leader CHECK (NOT is_main OR leader IS NULL OR people >= 2),
  CONSTRAINT trips_note_fits CHECK (length(coalesce(note, '')) <= people * 50),  -- A note has at most 50 letters a person.
  CONSTRAINT trips_hours CHECK (ends >= CAST(leaves + INTERVAL '1800' SECONDS AS TIME))
);
CREATE UNIQUE INDEX trips_home_from_key ON trips(home, "from");
-- Left out: the reference of parent to trips, which DuckDB cannot check.
-- Left out: the reference of leader to guests, which DuckDB cannot check.
-- Left out: trips_said, since DuckDB has nothing that means the same as `contains`.
-- Left out: trips_home_is_main_key, since DuckDB has no partial indexes.
-- Left out: trips_leader_status_key, since DuckDB has no partial indexes.

CREATE SEQUENCE guests_id_seq;
CREATE TABLE guests (
  id BIGINT PRIMARY KEY DEFAULT nextval('guests_id_seq'),
  email TEXT NOT NULL,  -- How to write to them
  city TEXT REFERENCES cities (code),
  trip BIGINT REFERENCES trips (id)  -- Being on
);
CREATE UNIQUE INDEX guests_email_key ON guests(email);
-- Left out: ON DELETE CASCADE of guests.trip, since DuckDB has none.

CREATE SEQUENCE order_id_seq;
CREATE TABLE "order" (
  id BIGINT PRIMARY KEY DEFAULT nextval('order_id_seq'),
  trip BIGINT NOT NULL REFERENCES trips (id),
  guest BIGINT NOT NULL REFERENCES guests (id),
  "user" TEXT NOT NULL
);
-- Left out: ON DELETE CASCADE of order.trip, since DuckDB has none.

CREATE SEQUENCE logs_id_seq;
CREATE TABLE logs (
  id BIGINT PRIMARY KEY DEFAULT nextval('logs_id_seq'),
  text TEXT NOT NULL
);

-- Trip.guests, many to many.
CREATE TABLE trip_guests (
  trip BIGINT NOT NULL REFERENCES trips (id),
  guest BIGINT NOT NULL REFERENCES guests (id),
  PRIMARY KEY (trip, guest)
);
-- Left out: ON DELETE CASCADE of trip_guests.trip, since DuckDB has none.
-- Left out: ON DELETE CASCADE of trip_guests.guest, since DuckDB has none.

-- Guest.visited, many to many.
CREATE TABLE guest_visited (
  guest BIGINT NOT NULL REFERENCES guests (id),
  city TEXT NOT NULL REFERENCES cities (code),
  PRIMARY KEY (guest, city)
);
-- Left out: ON DELETE CASCADE of guest_visited.guest, since DuckDB has none.
-- Left out: ON DELETE CASCADE of guest_visited.city, since DuckDB has none.
