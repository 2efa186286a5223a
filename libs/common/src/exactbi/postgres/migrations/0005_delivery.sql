-- Delivery: sinks, batches, the pushed image and what is due. Rules in docs/delivery.md.

create table sink (
  id int generated always as identity primary key,
  dataset int not null references dataset,
  role text not null default 'main',          -- a twin is a second sink
  powerbi_dataset text,                       -- null: not created yet
  schema_sent jsonb,                          -- our own record of the schema: Power BI does not tell columns
  created_at timestamptz not null default now(),
  unique (dataset, role)
);

create table sink_table (
  sink int not null references sink,
  tbl text not null,
  mode text not null,                         -- reversal, replace
  epoch int not null default 1,
  phase text not null default 'whole',        -- whole, clearing, empty once, filling
  raise_wanted text,                          -- why, or null
  next_ord bigint not null default 1,
  folded_through bigint not null default 0,
  clean_census_at timestamptz,
  primary key (sink, tbl)
);

create sequence batch_number as bigint;       -- `_batch`

create table push_batch (
  id bigint primary key,
  sink int not null,
  tbl text not null,
  epoch int not null,
  kind text not null,                         -- content, counter
  counters bigint,                            -- the batch whose surplus this counters
  state text not null,                        -- planned, sending, doubtful, confirmed, refused, void
  row_ids bigint[] not null,
  images bigint[] not null,
  signs smallint[] not null,
  first_ord bigint not null,
  sums bigint[] not null,                     -- of the additive columns, signed
  extra smallint[] not null default '{}',     -- by item; empty means all zero
  missing int[] not null default '{}',        -- items being sent again
  attempts int not null default 0,
  sent_at timestamptz,
  confirmed_at timestamptz,
  seen jsonb,                                 -- a difference seen once, with when
  created_at timestamptz not null default now(),
  foreign key (sink, tbl) references sink_table
);
create index push_batch_unresolved on push_batch (sink, tbl, id) where state in ('planned', 'sending', 'doubtful');
create index push_batch_table on push_batch (sink, tbl, id);

create table row_pushed (
  sink int not null,
  row_id bigint not null,
  tbl text not null,
  image bigint not null,
  dim_key text,
  epoch int not null,
  batch bigint not null,
  primary key (sink, row_id)
);
create index row_pushed_key on row_pushed (sink, tbl, dim_key) where dim_key is not null;
create index row_pushed_table on row_pushed (sink, tbl);

create table due (
  sink int not null,
  tbl text not null,
  row_id bigint not null,
  unit text not null,
  first_chunk bigint not null,
  since timestamptz not null default now(),
  refused_image bigint,                       -- not due while wanted is this image (an open failure)
  primary key (sink, tbl, row_id)
);
create index due_unit on due (sink, tbl, unit);
