-- What keeps a delivery from going on, as people and alerts see it; nothing is decided by it.

alter table sink
  add column trouble text,                    -- the code of the error that delivery last met; null once it goes on
  add column trouble_message text,
  add column trouble_at timestamptz;          -- since when it has been that code

alter table sink_table add column give_up_at timestamptz; -- when give_up was set
