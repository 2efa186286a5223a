-- What connections know: keys, secrets, tokens and budgets. Rules in docs/architecture.md.

-- A customer's data keys, wrapped by the key of the key file (`kek` is that key's id). The newest encrypts.
create table data_key (
  id uuid primary key,
  customer text not null,
  kek text not null,
  wrapped bytea not null,
  created_at timestamptz not null default now()
);
create index data_key_customer on data_key (customer, created_at);

create table secret (
  customer text not null,
  name text not null,
  data_key uuid not null references data_key,
  sealed bytea not null,
  set_at timestamptz not null default now(),
  primary key (customer, name)
);

create table connection (
  id int generated always as identity primary key,
  customer text not null,
  name text not null,
  site text not null,
  client_id text not null,
  redirect_uri text not null,
  user_id text,                       -- who gave the current consent
  unique (customer, name)
);

-- Tokens and attempts are ordered by one counter, so that a clock that jumps reorders nothing.
create sequence custody as bigint;

-- Insert only, but for `dead`: Exact's verdict on this token. grant_no rises with each consent.
create table refresh_token (
  id uuid primary key,
  connection int not null references connection,
  grant_no int not null,
  generation int not null,
  seq bigint not null default nextval('custody'),
  data_key uuid not null references data_key,
  sealed bytea not null,
  received_at timestamptz not null default clock_timestamp(),
  dead boolean not null default false
);
create index refresh_token_newest on refresh_token (connection, grant_no desc, generation desc, seq desc);

-- Written before a request is sent. outcome: null while open, else stored, dead, early, blocked, unclear, unsent.
create table token_attempt (
  id bigint primary key default nextval('custody'),
  connection int not null references connection,
  kind text not null,                 -- refresh, code
  presented uuid,                     -- the refresh token; null for a code
  grant_no int not null,
  generation int not null,            -- the answer's number is this one's successor
  started_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  outcome text,
  detail text not null default ''
);
create index token_attempt_newest on token_attempt (connection, id desc);

create table access_token (
  id uuid primary key,
  connection int not null references connection,
  seq bigint not null default nextval('custody'),
  data_key uuid not null references data_key,
  sealed bytea not null,
  received_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
create index access_token_newest on access_token (connection, seq desc);

-- Each PostgreSQL system that this database was seen on: a new one means that it was restored or moved.
create table server_seen (
  identity text primary key,
  first_seen_at timestamptz not null default clock_timestamp()
);

create table budget (
  scope text primary key,
  state jsonb not null default '{}',
  limited int not null default 0,     -- what may be used in `seconds`, as last reserved with
  seconds double precision not null default 0,
  day_limited int,                    -- the same for a UTC day of `day_seconds`; null where there is no such limit
  day_seconds double precision,
  updated_at timestamptz not null default now()
);
