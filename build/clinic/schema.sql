-- The tables of clinic, for SQLite. Made from clinic.awm by awmc: do not edit this
-- file, change the spec and compile it again.

-- A registered patient.
CREATE TABLE patient (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  balance INTEGER NOT NULL DEFAULT 0,  -- Credit left to pay visits with; in cents
  CONSTRAINT patient_balance_range CHECK (balance >= 0)
) STRICT;
CREATE UNIQUE INDEX patient_email_key ON patient(email);

CREATE TABLE doctor (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  specialty TEXT NOT NULL,
  fee INTEGER NOT NULL,  -- in cents
  CONSTRAINT doctor_specialty_values CHECK (specialty IN ('general', 'cardiology', 'dermatology')),
  CONSTRAINT doctor_fee_range CHECK (fee >= 0)
) STRICT;

-- A time that one doctor can be booked for.
CREATE TABLE slot (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  doctor INTEGER NOT NULL REFERENCES doctor (id),
  starts TEXT NOT NULL,
  minutes INTEGER NOT NULL DEFAULT 30,
  CONSTRAINT slot_starts_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', starts) IS starts),
  CONSTRAINT slot_minutes_range CHECK (minutes BETWEEN 10 AND 120)
) STRICT;
CREATE UNIQUE INDEX slot_doctor_starts_key ON slot(doctor, starts);

CREATE TABLE visit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  patient INTEGER NOT NULL REFERENCES patient (id),
  slot INTEGER NOT NULL REFERENCES slot (id),
  reason TEXT NOT NULL,
  fee INTEGER NOT NULL,  -- in cents
  status TEXT NOT NULL DEFAULT 'booked',
  booked_at TEXT NOT NULL,
  CONSTRAINT visit_reason_length CHECK (length(reason) BETWEEN 3 AND 200),
  CONSTRAINT visit_status_values CHECK (status IN ('booked', 'done', 'cancelled')),
  CONSTRAINT visit_booked_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', booked_at) IS booked_at)
) STRICT;
CREATE INDEX visit_patient_idx ON visit(patient);
CREATE INDEX visit_slot_idx ON visit(slot);
