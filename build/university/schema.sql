-- The tables of university, for SQLite. Made from university.awm by awmc: do not edit this
-- file, change the spec and compile it again.

CREATE TABLE department (
  code TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  CONSTRAINT department_code_length CHECK (length(code) BETWEEN 2 AND 4)
) STRICT;

CREATE TABLE instructor (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  department TEXT NOT NULL REFERENCES department (code)
) STRICT;
CREATE INDEX instructor_department_idx ON instructor(department);

CREATE TABLE programme (
  code TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  department TEXT NOT NULL REFERENCES department (code)
) STRICT;
CREATE INDEX programme_department_idx ON programme(department);

-- Credits to earn from a set of courses.
CREATE TABLE requirement (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  programme TEXT NOT NULL REFERENCES programme (code),
  name TEXT NOT NULL,
  credits INTEGER NOT NULL,
  CONSTRAINT requirement_credits_range CHECK (credits >= 1)
) STRICT;
CREATE UNIQUE INDEX requirement_programme_name_key ON requirement(programme, name);

CREATE TABLE course (
  code TEXT PRIMARY KEY NOT NULL,
  title TEXT NOT NULL,
  department TEXT NOT NULL REFERENCES department (code),
  credits INTEGER NOT NULL DEFAULT 3,
  lab_fee INTEGER NOT NULL DEFAULT 0,  -- in cents
  CONSTRAINT course_code_pattern CHECK (awm_regex(code, '[A-Z]{2,4}[0-9]{3}')),
  CONSTRAINT course_credits_range CHECK (credits BETWEEN 1 AND 6),
  CONSTRAINT course_lab_fee_range CHECK (lab_fee >= 0)
) STRICT;
CREATE INDEX course_department_idx ON course(department);

CREATE TABLE prerequisite (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  course TEXT NOT NULL REFERENCES course (code) ON DELETE CASCADE,
  needs TEXT NOT NULL REFERENCES course (code),
  at_least TEXT NOT NULL DEFAULT 'C',
  CONSTRAINT prerequisite_at_least_values CHECK (at_least IN ('F', 'D', 'C', 'C+', 'B', 'B+', 'A')),
  CONSTRAINT prerequisite_check_1 CHECK (course <> needs)  -- It needs itself.
) STRICT;
CREATE UNIQUE INDEX prerequisite_course_needs_key ON prerequisite(course, needs);
CREATE INDEX prerequisite_needs_idx ON prerequisite(needs);

CREATE TABLE term (
  code TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  opens TEXT NOT NULL,  -- First day of enrolment
  starts TEXT NOT NULL,
  add_until TEXT NOT NULL,  -- Last day to enrol, swap or drop
  withdraw_until TEXT NOT NULL,
  ends TEXT NOT NULL,
  CONSTRAINT term_opens_format CHECK (strftime('%Y-%m-%d', opens) IS opens),
  CONSTRAINT term_starts_format CHECK (strftime('%Y-%m-%d', starts) IS starts),
  CONSTRAINT term_add_until_format CHECK (strftime('%Y-%m-%d', add_until) IS add_until),
  CONSTRAINT term_withdraw_until_format CHECK (strftime('%Y-%m-%d', withdraw_until) IS withdraw_until),
  CONSTRAINT term_ends_format CHECK (strftime('%Y-%m-%d', ends) IS ends),
  CONSTRAINT term_check_1 CHECK (opens < starts AND starts <= add_until AND add_until < withdraw_until AND withdraw_until < ends)  -- Out of order.
) STRICT;
CREATE UNIQUE INDEX term_name_key ON term(name);

CREATE TABLE room (
  code TEXT PRIMARY KEY NOT NULL,
  building TEXT NOT NULL,
  seats INTEGER NOT NULL,
  CONSTRAINT room_seats_range CHECK (seats >= 1)
) STRICT;

CREATE TABLE student (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  address_street TEXT NOT NULL,
  address_city TEXT NOT NULL,
  programme TEXT NOT NULL REFERENCES programme (code),
  advisor INTEGER NOT NULL REFERENCES instructor (id),
  max_credits INTEGER NOT NULL DEFAULT 18,  -- At one time
  CONSTRAINT student_name_length CHECK (length(name) BETWEEN 2 AND 60),
  CONSTRAINT student_address_street_length CHECK (length(address_street) BETWEEN 1 AND 80),
  CONSTRAINT student_address_city_length CHECK (length(address_city) BETWEEN 1 AND 40),
  CONSTRAINT student_max_credits_range CHECK (max_credits BETWEEN 1 AND 30)
) STRICT;
CREATE UNIQUE INDEX student_email_key ON student(email);
CREATE INDEX student_programme_idx ON student(programme);
CREATE INDEX student_advisor_idx ON student(advisor);

-- A course as taught in one term.
CREATE TABLE section (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  course TEXT NOT NULL REFERENCES course (code),
  term TEXT NOT NULL REFERENCES term (code),
  number TEXT NOT NULL,
  instructor INTEGER NOT NULL REFERENCES instructor (id),
  room TEXT REFERENCES room (code),  -- None if online
  capacity INTEGER NOT NULL,
  CONSTRAINT section_number_length CHECK (length(number) BETWEEN 2 AND 2),
  CONSTRAINT section_capacity_range CHECK (capacity >= 1)
) STRICT;
CREATE UNIQUE INDEX section_course_term_number_key ON section(course, term, number);
CREATE INDEX section_term_idx ON section(term);
CREATE INDEX section_instructor_idx ON section(instructor);
CREATE INDEX section_room_idx ON section(room);

-- A weekly class.
CREATE TABLE meeting (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  section INTEGER NOT NULL REFERENCES section (id) ON DELETE CASCADE,
  day TEXT NOT NULL,
  starts TEXT NOT NULL,
  ends TEXT NOT NULL,
  CONSTRAINT meeting_day_values CHECK (day IN ('Mon', 'Tue', 'Wed', 'Thu', 'Fri')),
  CONSTRAINT meeting_starts_format CHECK (strftime('%H:%M', starts) IS starts),
  CONSTRAINT meeting_ends_format CHECK (strftime('%H:%M', ends) IS ends),
  CONSTRAINT meeting_check_1 CHECK (starts < ends)  -- It ends too early.
) STRICT;
CREATE UNIQUE INDEX meeting_section_day_key ON meeting(section, day);

CREATE TABLE enrolment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  student INTEGER NOT NULL REFERENCES student (id),
  section INTEGER NOT NULL REFERENCES section (id),
  status TEXT NOT NULL DEFAULT 'enrolled',
  grade TEXT,
  enrolled_at TEXT NOT NULL,
  CONSTRAINT enrolment_status_values CHECK (status IN ('enrolled', 'dropped', 'withdrawn', 'completed')),
  CONSTRAINT enrolment_grade_values CHECK (grade IN ('F', 'D', 'C', 'C+', 'B', 'B+', 'A')),
  CONSTRAINT enrolment_enrolled_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', enrolled_at) IS enrolled_at),
  CONSTRAINT enrolment_check_1 CHECK ((status = 'completed') = (grade IS NOT NULL))  -- Grades are for completed courses.
) STRICT;
CREATE UNIQUE INDEX enrolment_student_section_key ON enrolment(student, section) WHERE status <> 'dropped';
CREATE INDEX enrolment_student_idx ON enrolment(student);
CREATE INDEX enrolment_section_idx ON enrolment(section);

CREATE TABLE waitlist_entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  student INTEGER NOT NULL REFERENCES student (id),
  section INTEGER NOT NULL REFERENCES section (id),
  status TEXT NOT NULL DEFAULT 'waiting',
  joined_at TEXT NOT NULL,
  CONSTRAINT waitlist_entry_status_values CHECK (status IN ('waiting', 'offered', 'cancelled', 'taken')),
  CONSTRAINT waitlist_entry_joined_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', joined_at) IS joined_at)
) STRICT;
CREATE UNIQUE INDEX waitlist_entry_student_section_key ON waitlist_entry(student, section) WHERE status IN ('waiting', 'offered');
CREATE INDEX waitlist_entry_student_idx ON waitlist_entry(student);
CREATE INDEX waitlist_entry_section_idx ON waitlist_entry(section);

CREATE TABLE assignment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  section INTEGER NOT NULL REFERENCES section (id),
  title TEXT NOT NULL,
  due TEXT NOT NULL,
  late_until TEXT,
  points INTEGER NOT NULL,
  CONSTRAINT assignment_due_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', due) IS due),
  CONSTRAINT assignment_late_until_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', late_until) IS late_until),
  CONSTRAINT assignment_points_range CHECK (points >= 1),
  CONSTRAINT assignment_check_1 CHECK (late_until IS NULL OR late_until > due)  -- Late is after due.
) STRICT;
CREATE UNIQUE INDEX assignment_section_title_key ON assignment(section, title);

CREATE TABLE submission (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  assignment INTEGER NOT NULL REFERENCES assignment (id),
  enrolment INTEGER NOT NULL REFERENCES enrolment (id),
  content TEXT NOT NULL,
  submitted_at TEXT NOT NULL,
  score REAL,
  feedback TEXT,
  CONSTRAINT submission_content_length CHECK (length(content) BETWEEN 1 AND 5000),
  CONSTRAINT submission_submitted_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', submitted_at) IS submitted_at),
  CONSTRAINT submission_score_range CHECK (score >= 0.0)
) STRICT;
CREATE UNIQUE INDEX submission_assignment_enrolment_key ON submission(assignment, enrolment);
CREATE INDEX submission_enrolment_idx ON submission(enrolment);

-- Blocks enrolment and transcripts.
CREATE TABLE hold (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  student INTEGER NOT NULL REFERENCES student (id),
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  placed_on TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'active',
  note TEXT,  -- For staff
  CONSTRAINT hold_kind_values CHECK (kind IN ('financial', 'academic', 'records')),
  CONSTRAINT hold_placed_on_format CHECK (strftime('%Y-%m-%d', placed_on) IS placed_on),
  CONSTRAINT hold_status_values CHECK (status IN ('active', 'released'))
) STRICT;
CREATE INDEX hold_student_idx ON hold(student);

CREATE TABLE charge (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  student INTEGER NOT NULL REFERENCES student (id),
  kind TEXT NOT NULL,
  description TEXT NOT NULL,
  amount INTEGER NOT NULL,  -- in cents
  due TEXT NOT NULL,
  enrolment INTEGER REFERENCES enrolment (id),  -- Of lab fees
  status TEXT NOT NULL DEFAULT 'billed',
  CONSTRAINT charge_kind_values CHECK (kind IN ('tuition', 'lab', 'library', 'housing', 'transcript')),
  CONSTRAINT charge_description_length CHECK (length(description) BETWEEN 1 AND 100),
  CONSTRAINT charge_amount_range CHECK (amount >= 1),
  CONSTRAINT charge_due_format CHECK (strftime('%Y-%m-%d', due) IS due),
  CONSTRAINT charge_status_values CHECK (status IN ('billed', 'void'))
) STRICT;
CREATE INDEX charge_student_idx ON charge(student);
CREATE INDEX charge_enrolment_idx ON charge(enrolment);

-- Money in, a refund if negative.
CREATE TABLE payment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  charge INTEGER NOT NULL REFERENCES charge (id),
  amount INTEGER NOT NULL,  -- in cents
  method TEXT,  -- None for refunds
  paid_at TEXT NOT NULL,
  CONSTRAINT payment_method_values CHECK (method IN ('card', 'transfer')),
  CONSTRAINT payment_paid_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', paid_at) IS paid_at)
) STRICT;
CREATE INDEX payment_charge_idx ON payment(charge);

CREATE TABLE advising_slot (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  advisor INTEGER NOT NULL REFERENCES instructor (id),
  starts TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'open',
  student INTEGER REFERENCES student (id),
  topic TEXT,
  CONSTRAINT advising_slot_starts_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', starts) IS starts),
  CONSTRAINT advising_slot_status_values CHECK (status IN ('open', 'booked')),
  CONSTRAINT advising_slot_topic_length CHECK (length(topic) BETWEEN 3 AND 200),
  CONSTRAINT advising_slot_check_1 CHECK ((status = 'open') = (student IS NULL)),  -- A booked time has a student.
  CONSTRAINT advising_slot_check_2 CHECK (awm_weekday(starts) <= 5)  -- Advising is on working days.
) STRICT;
CREATE UNIQUE INDEX advising_slot_advisor_starts_key ON advising_slot(advisor, starts);
CREATE INDEX advising_slot_student_idx ON advising_slot(student);

-- Requirement.courses, many to many.
CREATE TABLE requirement_courses (
  requirement INTEGER NOT NULL REFERENCES requirement (id) ON DELETE CASCADE,
  course TEXT NOT NULL REFERENCES course (code) ON DELETE CASCADE,
  PRIMARY KEY (requirement, course)
) STRICT;
CREATE INDEX requirement_courses_course_idx ON requirement_courses(course);

-- Student.plan, many to many.
CREATE TABLE student_plan (
  student INTEGER NOT NULL REFERENCES student (id) ON DELETE CASCADE,
  course TEXT NOT NULL REFERENCES course (code) ON DELETE CASCADE,
  PRIMARY KEY (student, course)
) STRICT;
CREATE INDEX student_plan_course_idx ON student_plan(course);
