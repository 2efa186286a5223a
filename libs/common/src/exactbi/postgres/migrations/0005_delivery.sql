-- Delivery: sinks, batches, the pushed image and what is due. Rules in docs/delivery.md.

create table sink (
  id int generated always as identity primary key,
  dataset int not null references dataset,
  role text not null default 'main',          -- a twin is a second sink
  powerbi_dataset text,                       -- null: not created yet
  schema_sent jsonb,                          -- our own record of the schema: Power BI does not tell columns
  create_tried_at timestamptz,                -- when its creation was last asked for
  created_at timestamptz not null default now(),
  unique (dataset, role)
);

create table sink_table (
  sink int not null references sink,
  tbl text not null,
  mode text not null,                         -- reversal, replace
  epoch int not null default 1,               -- raised when the content is given up
  phase text not null default 'whole',        -- whole, clearing, empty once, filling
  phase_at timestamptz not null default now(),
  deleted_at timestamptz,                     -- clearing: when the last DELETE was answered, or not
  raised_at timestamptz,
  give_up text,                               -- why the content should be given up, or null
  next_ord bigint not null default 1,
  epoch_ord bigint not null default 1,        -- next_ord when the epoch was raised: what is above may be in the sink
  folded_through bigint not null default 0,
  census_at timestamptz,                      -- the last census of any result
  by_batch_at timestamptz,                    -- the last census that looked at every batch
  clean_at timestamptz,                       -- the last census without any difference
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
  size int not null,                          -- items
  row_ids bigint[] not null,
  images bigint[] not null,
  signs smallint[] not null,
  first_ord bigint not null,
  sums bigint[] not null,                     -- of _sign, _row and the signed additive columns, over its items once
  extra smallint[] not null default '{}',     -- copies expected beyond the base, by item; empty means all zero
  missing int[] not null default '{}',        -- positions of the items being sent again
  resend boolean not null default false,      -- the missing items wait to be sent
  attempts int not null default 0,
  sent_at timestamptz,                        -- of the last POST
  confirmed_at timestamptz,                   -- of the first confirmation
  seen text,                                  -- the fingerprint of a difference that a census saw once
  seen_at timestamptz,
  created_at timestamptz not null default now(),
  foreign key (sink, tbl) references sink_table
);
create index push_batch_unresolved on push_batch (sink, tbl, id)
  where state in ('planned', 'sending', 'doubtful') or resend or missing <> '{}';
create index push_batch_table on push_batch (sink, tbl, id);
create index push_batch_sent on push_batch (sink, tbl, sent_at) where sent_at is not null;
create index push_batch_extra on push_batch (sink, tbl, id) where extra <> '{}' or seen is not null;

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

-- Rows whose wanted image may differ from the pushed one. `touched` rises with every move of the wanted image, so that
-- a delivery which read the row before the move does not take it out.
create table due (
  sink int not null,
  tbl text not null,
  row_id bigint not null,
  unit text not null,
  first_chunk bigint not null,
  since timestamptz not null default now(),
  touched bigint not null default 0,
  part bigint,                                -- rows of a refused batch that are tried apart from the others
  refused_image bigint,                       -- not due while wanted is this image (an open failure); 0: is nothing
  primary key (sink, tbl, row_id)
) with (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000);
create index due_unit on due (sink, tbl, unit) where refused_image is null;
create index due_chunk on due (sink, tbl, first_chunk) where refused_image is null;
create index due_part on due (sink, tbl, part) where part is not null and refused_image is null;
