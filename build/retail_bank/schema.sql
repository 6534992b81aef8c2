-- The tables of retail_bank, for SQLite. Made from retail_bank.awm by awmc: do not edit this
-- file, change the spec and compile it again.

CREATE TABLE currency (
  code TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL
) STRICT;

-- What a merchant sells.
CREATE TABLE category (
  code TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL
) STRICT;

CREATE TABLE branch (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  address_street TEXT NOT NULL,
  address_city TEXT NOT NULL,
  opens TEXT NOT NULL DEFAULT '10:00',
  closes TEXT NOT NULL DEFAULT '16:00',
  CONSTRAINT branch_address_street_length CHECK (length(address_street) BETWEEN 1 AND 80),
  CONSTRAINT branch_address_city_length CHECK (length(address_city) BETWEEN 1 AND 40),
  CONSTRAINT branch_opens_format CHECK (strftime('%H:%M', opens) IS opens),
  CONSTRAINT branch_closes_format CHECK (strftime('%H:%M', closes) IS closes)
) STRICT;

CREATE TABLE customer (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  address_street TEXT NOT NULL,
  address_city TEXT NOT NULL,
  branch INTEGER NOT NULL REFERENCES branch (id),
  CONSTRAINT customer_name_length CHECK (length(name) BETWEEN 2 AND 60),
  CONSTRAINT customer_phone_length CHECK (length(phone) BETWEEN 5 AND 20),
  CONSTRAINT customer_address_street_length CHECK (length(address_street) BETWEEN 1 AND 80),
  CONSTRAINT customer_address_city_length CHECK (length(address_city) BETWEEN 1 AND 40)
) STRICT;
CREATE UNIQUE INDEX customer_email_key ON customer(email);
CREATE INDEX customer_branch_idx ON customer(branch);

CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner INTEGER REFERENCES customer (id),  -- None for the bank's own books
  name TEXT NOT NULL,
  iban TEXT NOT NULL,
  kind TEXT NOT NULL,
  currency TEXT NOT NULL REFERENCES currency (code),
  balance INTEGER NOT NULL DEFAULT 0,  -- in cents
  overdraft INTEGER NOT NULL DEFAULT 0,  -- in cents
  status TEXT NOT NULL DEFAULT 'open',
  CONSTRAINT account_name_length CHECK (length(name) BETWEEN 1 AND 40),
  CONSTRAINT account_kind_values CHECK (kind IN ('current', 'savings', 'settlement', 'income', 'lending', 'exchange')),
  CONSTRAINT account_overdraft_range CHECK (overdraft >= 0),
  CONSTRAINT account_status_values CHECK (status IN ('open', 'frozen', 'closed')),
  CONSTRAINT account_check_1 CHECK (kind = 'current' OR overdraft = 0)  -- Only current accounts have overdrafts.
) STRICT;
CREATE UNIQUE INDEX account_iban_key ON account(iban);
CREATE UNIQUE INDEX account_kind_currency_key ON account(kind, currency) WHERE owner IS NULL;
CREATE INDEX account_owner_idx ON account(owner);
CREATE INDEX account_currency_idx ON account(currency);

CREATE TABLE card (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account (id),
  last4 TEXT,
  pin TEXT,
  status TEXT NOT NULL DEFAULT 'ordered',
  main INTEGER NOT NULL DEFAULT 0,
  daily_limit INTEGER NOT NULL DEFAULT 100000,  -- in cents
  expires TEXT NOT NULL,
  CONSTRAINT card_last4_length CHECK (length(last4) BETWEEN 4 AND 4),
  CONSTRAINT card_pin_pattern CHECK (awm_regex(pin, '[0-9]{4}')),
  CONSTRAINT card_status_values CHECK (status IN ('ordered', 'active', 'cancelled', 'frozen')),
  CONSTRAINT card_main_values CHECK (main IN (0, 1)),
  CONSTRAINT card_daily_limit_range CHECK (daily_limit BETWEEN 0 AND 500000),
  CONSTRAINT card_expires_format CHECK (strftime('%Y-%m-%d', expires) IS expires)
) STRICT;
CREATE UNIQUE INDEX card_account_key ON card(account) WHERE main;
CREATE INDEX card_account_idx ON card(account);

CREATE TABLE payee (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer INTEGER NOT NULL REFERENCES customer (id),
  name TEXT NOT NULL,
  iban TEXT NOT NULL,
  added_at TEXT NOT NULL,
  CONSTRAINT payee_name_length CHECK (length(name) BETWEEN 2 AND 60),
  CONSTRAINT payee_iban_pattern CHECK (awm_regex(iban, '[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}')),
  CONSTRAINT payee_added_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', added_at) IS added_at)
) STRICT;
CREATE UNIQUE INDEX payee_customer_iban_key ON payee(customer, iban);

CREATE TABLE "transaction" (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  posted_at TEXT NOT NULL,
  description TEXT NOT NULL,
  category TEXT REFERENCES category (code),
  card INTEGER REFERENCES card (id),  -- Of card payments
  CONSTRAINT transaction_posted_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', posted_at) IS posted_at),
  CONSTRAINT transaction_description_length CHECK (length(description) BETWEEN 1 AND 120)
) STRICT;
CREATE INDEX transaction_category_idx ON "transaction"(category);
CREATE INDEX transaction_card_idx ON "transaction"(card);

-- Money into an account, out of it if negative.
CREATE TABLE entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  "transaction" INTEGER NOT NULL REFERENCES "transaction" (id) ON DELETE CASCADE,
  account INTEGER NOT NULL REFERENCES account (id),
  amount INTEGER NOT NULL  -- in cents
) STRICT;
CREATE INDEX entry_transaction_idx ON entry("transaction");
CREATE INDEX entry_account_idx ON entry(account);

CREATE TABLE transfer (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account (id),
  payee INTEGER NOT NULL REFERENCES payee (id),
  amount INTEGER NOT NULL,  -- in cents
  reference TEXT,
  due TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'scheduled',
  "transaction" INTEGER REFERENCES "transaction" (id),
  CONSTRAINT transfer_amount_range CHECK (amount BETWEEN 1 AND 2000000),
  CONSTRAINT transfer_reference_length CHECK (length(reference) BETWEEN 1 AND 35),
  CONSTRAINT transfer_due_format CHECK (strftime('%Y-%m-%d', due) IS due),
  CONSTRAINT transfer_status_values CHECK (status IN ('scheduled', 'sent', 'cancelled'))
) STRICT;
CREATE INDEX transfer_account_idx ON transfer(account);
CREATE INDEX transfer_payee_idx ON transfer(payee);
CREATE INDEX transfer_due_idx ON transfer(due);
CREATE INDEX transfer_transaction_idx ON transfer("transaction");

CREATE TABLE standing_order (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account (id),
  payee INTEGER NOT NULL REFERENCES payee (id),
  amount INTEGER NOT NULL,  -- in cents
  every TEXT NOT NULL,
  next_on TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'active',
  CONSTRAINT standing_order_amount_range CHECK (amount BETWEEN 1 AND 2000000),
  CONSTRAINT standing_order_every_values CHECK (every IN ('weekly', 'monthly', 'quarterly')),
  CONSTRAINT standing_order_next_on_format CHECK (strftime('%Y-%m-%d', next_on) IS next_on),
  CONSTRAINT standing_order_status_values CHECK (status IN ('active', 'paused', 'cancelled'))
) STRICT;
CREATE INDEX standing_order_account_idx ON standing_order(account);
CREATE INDEX standing_order_payee_idx ON standing_order(payee);

CREATE TABLE loan (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  borrower INTEGER NOT NULL REFERENCES customer (id),
  name TEXT NOT NULL,
  principal INTEGER NOT NULL,  -- in cents
  status TEXT NOT NULL DEFAULT 'running',
  CONSTRAINT loan_principal_range CHECK (principal >= 100),
  CONSTRAINT loan_status_values CHECK (status IN ('running', 'settled'))
) STRICT;
CREATE INDEX loan_borrower_idx ON loan(borrower);

CREATE TABLE instalment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  loan INTEGER NOT NULL REFERENCES loan (id) ON DELETE CASCADE,
  nr INTEGER NOT NULL,
  due TEXT NOT NULL,
  principal INTEGER NOT NULL,  -- in cents
  interest INTEGER NOT NULL,  -- in cents
  payment INTEGER REFERENCES "transaction" (id),
  CONSTRAINT instalment_nr_range CHECK (nr >= 1),
  CONSTRAINT instalment_due_format CHECK (strftime('%Y-%m-%d', due) IS due),
  CONSTRAINT instalment_principal_range CHECK (principal >= 1),
  CONSTRAINT instalment_interest_range CHECK (interest >= 1)
) STRICT;
CREATE UNIQUE INDEX instalment_loan_nr_key ON instalment(loan, nr);
CREATE INDEX instalment_payment_idx ON instalment(payment);

CREATE TABLE fee (
  code TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  amount INTEGER NOT NULL,  -- in cents
  CONSTRAINT fee_amount_range CHECK (amount >= 1)
) STRICT;

CREATE TABLE dispute (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer INTEGER NOT NULL REFERENCES customer (id),
  "transaction" INTEGER NOT NULL REFERENCES "transaction" (id),
  reason TEXT NOT NULL,
  details TEXT,
  amount INTEGER NOT NULL,  -- in cents
  status TEXT NOT NULL DEFAULT 'opened',
  opened_at TEXT NOT NULL,
  CONSTRAINT dispute_reason_values CHECK (reason IN ('unrecognised', 'duplicate', 'not_received', 'wrong_amount')),
  CONSTRAINT dispute_details_length CHECK (length(details) BETWEEN 1 AND 500),
  CONSTRAINT dispute_amount_range CHECK (amount >= 1),
  CONSTRAINT dispute_status_values CHECK (status IN ('opened', 'refunded', 'rejected', 'withdrawn')),
  CONSTRAINT dispute_opened_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', opened_at) IS opened_at)
) STRICT;
CREATE UNIQUE INDEX dispute_transaction_key ON dispute("transaction") WHERE status = 'opened';
CREATE INDEX dispute_customer_idx ON dispute(customer);
CREATE INDEX dispute_transaction_idx ON dispute("transaction");

-- Money set aside in a savings account.
CREATE TABLE goal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account (id),
  name TEXT NOT NULL,
  target INTEGER NOT NULL,  -- in cents
  saved INTEGER NOT NULL DEFAULT 0,  -- in cents
  CONSTRAINT goal_name_length CHECK (length(name) BETWEEN 1 AND 40),
  CONSTRAINT goal_target_range CHECK (target >= 100),
  CONSTRAINT goal_saved_range CHECK (saved >= 0)
) STRICT;
CREATE UNIQUE INDEX goal_account_name_key ON goal(account, name);

-- A time with an adviser.
CREATE TABLE appointment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  branch INTEGER NOT NULL REFERENCES branch (id),
  starts TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'open',
  customer INTEGER REFERENCES customer (id),
  topic TEXT,
  CONSTRAINT appointment_starts_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', starts) IS starts),
  CONSTRAINT appointment_status_values CHECK (status IN ('open', 'booked', 'done')),
  CONSTRAINT appointment_topic_values CHECK (topic IN ('mortgage', 'loan', 'account', 'card')),
  CONSTRAINT appointment_check_1 CHECK ((status = 'open') = (customer IS NULL))  -- A booked time has a customer.
) STRICT;
CREATE UNIQUE INDEX appointment_branch_starts_key ON appointment(branch, starts);
CREATE INDEX appointment_customer_idx ON appointment(customer);

CREATE TABLE statement (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account (id),
  month TEXT NOT NULL,  -- Its first day
  CONSTRAINT statement_month_format CHECK (strftime('%Y-%m-%d', month) IS month)
) STRICT;
CREATE UNIQUE INDEX statement_account_month_key ON statement(account, month);

CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer INTEGER NOT NULL REFERENCES customer (id),
  sender TEXT NOT NULL DEFAULT 'customer',
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  sent_at TEXT NOT NULL,
  reply_to INTEGER REFERENCES message (id),
  CONSTRAINT message_sender_values CHECK (sender IN ('customer', 'bank')),
  CONSTRAINT message_subject_length CHECK (length(subject) BETWEEN 1 AND 80),
  CONSTRAINT message_body_length CHECK (length(body) BETWEEN 1 AND 1000),
  CONSTRAINT message_sent_at_format CHECK (strftime('%Y-%m-%dT%H:%M:%S', sent_at) IS sent_at)
) STRICT;
CREATE INDEX message_customer_idx ON message(customer);
CREATE INDEX message_reply_to_idx ON message(reply_to);

CREATE TABLE rate (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sell TEXT NOT NULL REFERENCES currency (code),
  buy TEXT NOT NULL REFERENCES currency (code),
  price REAL NOT NULL,  -- What one unit of the bought currency costs
  CONSTRAINT rate_price_range CHECK (price >= 0.0)
) STRICT;
CREATE UNIQUE INDEX rate_sell_buy_key ON rate(sell, buy);
CREATE INDEX rate_buy_idx ON rate(buy);

-- Card.blocks, many to many.
CREATE TABLE card_blocks (
  card INTEGER NOT NULL REFERENCES card (id) ON DELETE CASCADE,
  category TEXT NOT NULL REFERENCES category (code) ON DELETE CASCADE,
  PRIMARY KEY (card, category)
) STRICT;
CREATE INDEX card_blocks_category_idx ON card_blocks(category);
