-- The tables of travel, for SQLite. Made from travel.awm by awmc: do not edit this
-- file, change the spec and compile it again.

-- A place, by its code.
CREATE TABLE cities (
  code TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,  -- As people say it
  CONSTRAINT cities_code_pattern CHECK (awm_regex(code, '[A-Z]{3}')),
  CONSTRAINT cities_name_length CHECK (length(name) BETWEEN 1 AND 40)
) STRICT;

-- A journey: what people book.
CREATE TABLE trips (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL DEFAULT 'it''s \ here',  -- What it is called
  "from" TEXT NOT NULL,
  "to" TEXT,
  booked_at TEXT NOT NULL,
  leaves TEXT NOT NULL,
  ends TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'planned',
  is_main INTEGER NOT NULL DEFAULT 1,
  price INTEGER NOT NULL DEFAULT 1050,  -- in cents
  people INTEGER NOT NULL,
  rating REAL,
  site TEXT,
  pin TEXT,
  level TEXT NOT NULL DEFAULT 'very high',
  note TEXT,
  home TEXT NOT NULL REFERENCES cities (code),
  parent INTEGER REFERENCES trips (id),
  leader INTEGER REFERENCES guests (id),
  CONSTRAINT trips_title_length CHECK (length(title) >= 3),
  CONSTRAINT trips_from_format CHECK (strftime('%Y-%m-%d', "from") IS "from"),
  CONSTRAINT trips_to_format CHECK (strftime('%Y-%m-%d', "to") IS "to"),
  CONSTRAINT trips_booked_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', booked_at) IS booked_at),
  CONSTRAINT trips_booked_at_range CHECK (booked_at >= '2020-01-01T00:00:00'),
  CONSTRAINT trips_leaves_format CHECK (strftime('%H:%M', leaves) IS leaves),
  CONSTRAINT trips_ends_format CHECK (strftime('%H:%M', ends) IS ends),
  CONSTRAINT trips_ends_range CHECK (ends >= '06:00'),
  CONSTRAINT trips_status_values CHECK (status IN ('planned', 'done')),
  CONSTRAINT trips_is_main_values CHECK (is_main IN (0, 1)),
  CONSTRAINT trips_price_range CHECK (price >= 0),
  CONSTRAINT trips_people_range CHECK (people BETWEEN 1 AND 9),
  CONSTRAINT trips_rating_range CHECK (rating BETWEEN 0.0 AND 5.0),
  CONSTRAINT trips_pin_pattern CHECK (awm_regex(pin, '[0-9]{4}')),
  CONSTRAINT trips_level_values CHECK (level IN ('low', 'very high')),
  CONSTRAINT trips_note_length CHECK (length(note) <= 200),
  CONSTRAINT trips_order CHECK ("to" IS NULL OR "from" < "to"),  -- A trip ends after it begins.
  CONSTRAINT trips_main_has_leader CHECK (NOT is_main OR leader IS NULL OR people >= 2),
  CONSTRAINT trips_note_fits CHECK (awm_len(coalesce(note, '')) <= people * 50),  -- A note has at most 50 letters a person.
  CONSTRAINT trips_hours CHECK (ends >= awm_add(leaves, 0, 1800)),
  CONSTRAINT trips_said CHECK (NOT awm_contains(coalesce(note, ''), 'TODO'))
) STRICT;
CREATE UNIQUE INDEX trips_home_from_key ON trips(home, "from");
CREATE UNIQUE INDEX trips_home_is_main_key ON trips(home) WHERE is_main;
CREATE UNIQUE INDEX trips_leader_status_key ON trips(leader) WHERE status <> 'done';
CREATE INDEX trips_parent_idx ON trips(parent);
CREATE INDEX trips_leader_idx ON trips(leader);

CREATE TABLE guests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL,  -- How to write to them
  city TEXT REFERENCES cities (code),
  trip INTEGER REFERENCES trips (id) ON DELETE CASCADE  -- Being on
) STRICT;
CREATE UNIQUE INDEX guests_email_key ON guests(email);
CREATE INDEX guests_city_idx ON guests(city);
CREATE INDEX guests_trip_idx ON guests(trip);

CREATE TABLE "order" (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  trip INTEGER NOT NULL REFERENCES trips (id) ON DELETE CASCADE,
  guest INTEGER NOT NULL REFERENCES guests (id),
  user TEXT NOT NULL
) STRICT;
CREATE INDEX order_trip_idx ON "order"(trip);
CREATE INDEX order_guest_idx ON "order"(guest);
CREATE INDEX order_user_idx ON "order"(user);

CREATE TABLE logs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  text TEXT NOT NULL
) STRICT;

-- Trip.guests, many to many.
CREATE TABLE trip_guests (
  trip INTEGER NOT NULL REFERENCES trips (id) ON DELETE CASCADE,
  guest INTEGER NOT NULL REFERENCES guests (id) ON DELETE CASCADE,
  PRIMARY KEY (trip, guest)
) STRICT;
CREATE INDEX trip_guests_guest_idx ON trip_guests(guest);

-- Guest.visited, many to many.
CREATE TABLE guest_visited (
  guest INTEGER NOT NULL REFERENCES guests (id) ON DELETE CASCADE,
  city TEXT NOT NULL REFERENCES cities (code) ON DELETE CASCADE,
  PRIMARY KEY (guest, city)
) STRICT;
CREATE INDEX guest_visited_city_idx ON guest_visited(city);
