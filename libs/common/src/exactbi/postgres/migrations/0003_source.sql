-- What the poller knows of Exact: divisions, streams, work, runs, passes.

create sequence observation; -- versions of records without a Timestamp; taken before the request is sent

create table division (
  id int generated always as identity primary key,
  customer text not null references customer,
  connection text not null,
  site text not null,
  code int not null,          -- 0: the pseudo-division of `static`
  state text not null default 'active', -- active, paused, gone, static
  name text not null default '',
  country text not null default '',
  currency text not null default '',
  seen_at timestamptz,
  unique (customer, site, code)
);

create table stream (
  division int not null references division,
  stream text not null,       -- `Deleted` too
  generation bigint not null default 1,
  cursor bigint not null default 0,
  mark bigint not null default 0,        -- where the next second look starts
  landmarks jsonb not null default '[]', -- [completed by Exact's clock, start] of runs that may become the mark
  modified_cursor timestamptz, -- Exact's clock before the first request of the last completed run (streams read by Modified)
  verified_through timestamptz,
  created_at timestamptz not null default now(),
  ran_at timestamptz,          -- our clock, when the last incremental run ended
  looked_at timestamptz,       -- our clock, when the last second look began
  passed_at timestamptz,       -- our clock, when the last pass was read; null: not loaded yet
  completed_exact timestamptz, -- Exact's clock, when the last incremental run ended
  primary key (division, stream)
);

create table pass (
  id bigint generated always as identity primary key,
  division int not null references division,
  stream text not null,
  generation bigint not null,       -- raised by this pass (sync streams); 0 for others
  first_number bigint not null,     -- observation numbers (others); 0 for sync streams
  last_number bigint not null default 0,
  reason text not null,             -- first_load, snapshot, resync, rare
  begun_at timestamptz not null default now(),
  complete_at timestamptz
);
create index pass_stream on pass (division, stream, id);

-- What is wanted of the poller: raised by anyone through exactbi.work, run by the poller.
create table work (
  division int not null references division,
  stream text not null,             -- `Deleted` too
  kind text not null,               -- incremental, second_look, keys, pass, candidates
  requested_seq bigint not null default 0,
  done_seq bigint not null default 0,
  attempts int not null default 0,  -- written before they are made
  not_before timestamptz,           -- back-off; never for a spent budget, which is the budget's own
  reason text not null default '',
  raised_at timestamptz,
  error text,                       -- code of the last attempt's failure
  primary key (division, stream, kind)
);
create index work_wanted on work (division) where requested_seq > done_seq;

create table work_key (
  division int not null,
  stream text not null,
  kind text not null,
  key text not null,                -- GUID in lower case
  seq bigint not null,              -- the requested_seq that last asked for it
  action text not null,             -- upsert or delete, as noticed
  primary key (division, stream, kind, key),
  foreign key (division, stream, kind) references work
);

-- One reading of a stream, or of keys, from its first request to its last. Open while ended_at is null.
create table run (
  id bigint generated always as identity primary key,
  division int not null references division,
  stream text not null,
  kind text not null,
  reason text not null,
  requested_seq bigint not null,    -- as read before the first request
  pass bigint references pass,
  "start" bigint not null,          -- the Timestamp it polls from
  since timestamptz,                -- the Modified it polls from
  "position" text,                  -- the next page's link, or the last key asked for
  reading jsonb not null,           -- what the pages so far say of their order: see the poller's cursor rules
  next_mark bigint,                 -- of a second look: the mark that it leaves
  restarts int not null default 0,
  records bigint not null default 0,
  first_chunk bigint,
  last_chunk bigint,
  begun_at timestamptz not null default now(),
  ended_at timestamptz,
  started_exact timestamptz,        -- Exact's clock before its first request
  ended_exact timestamptz           -- Exact's clock at its last answer
);
create unique index run_open on run (division, stream, kind) where ended_at is null;
create index run_last on run (division, stream, id) where ended_at is not null;

-- The calls that fetched something; the header `call` of a chunk leads here.
create table call (
  id text primary key,
  division int not null references division,
  stream text not null,
  run bigint not null references run,
  path text not null,               -- without the host
  status int not null,
  sent_at timestamptz not null,
  received_at timestamptz not null,
  records int not null
);
create index call_run on call (run);

-- At the end of a pass's reading every chunk of the stream not yet applied joins it.
create table pass_chunk (
  pass bigint not null references pass,
  chunk bigint not null,
  primary key (pass, chunk)
);
