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
  mark bigint not null default 0,
  modified_cursor timestamptz, -- Exact's clock before the first request of the last completed run (streams read by Modified)
  verified_through timestamptz,
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

-- At the end of a pass's reading every chunk of the stream not yet applied joins it.
create table pass_chunk (
  pass bigint not null references pass,
  chunk bigint not null,
  primary key (pass, chunk)
);
