-- Failures as people see them, and the runs that replay them.

-- packed, key, topic and headers are the origin's (of one record of it, where a record failed): what a replay publishes.
create table failure (
  id uuid primary key,
  customer text not null,
  dataset int not null,               -- 0: not one dataset's
  stream text not null,               -- '' where the message did not say
  division text not null,             -- <site>/<code>, or ''
  record text not null,               -- '' where the message as a whole failed
  generation bigint not null,
  version bigint not null,
  mapping_rev int not null,
  reference_rev int not null,         -- that it was last tried with
  field text not null,
  stage text not null,                -- ingest, poller, transformer, apply, deliver
  code text not null,
  message text not null,
  attempts int not null,
  state text not null default 'open', -- open, closed, dropped
  first_at timestamptz not null,
  last_at timestamptz not null,
  closed_at timestamptz,
  origin_topic text not null,
  origin_event uuid not null,
  origin_chunk bigint,                -- the outbox row that failed; null where the message named none
  report bigint not null,             -- the outbox row of the last report
  key bytea not null,
  headers jsonb not null,
  packed bytea not null
);
create index failure_open on failure (customer, stream, division) where state = 'open';
create index failure_chunk on failure (origin_chunk) where state = 'open';

-- A frozen set of failures, published again one after the other.
create table replay (
  id bigint generated always as identity primary key,
  customer text not null,
  mode text not null,                 -- as-is, refetch
  filter jsonb not null,
  reason text not null,
  state text not null default 'planned', -- planned, canary, running, paused, done, cancelled
  canary int not null default 0,
  per_second real not null default 20,
  planned_by text not null,
  planned_at timestamptz not null default now(),
  ended_at timestamptz
);

create table replay_item (
  replay bigint not null references replay,
  failure uuid not null references failure,
  state text not null default 'waiting', -- waiting, sent, done, failed
  chunk bigint,                       -- the outbox row that replays it
  sent_at timestamptz,
  ended_at timestamptz,
  primary key (replay, failure)
);
create index replay_item_waiting on replay_item (replay, state);
