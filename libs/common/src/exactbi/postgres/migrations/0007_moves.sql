-- When Exact last moved a division to another database: its Timestamps are others since then.

alter table division
  add column moves_asked_at timestamptz,              -- our clock, when Exact was last asked
  add column moves_told boolean not null default false, -- whether it ever told the two dates
  add column moved_on timestamp,                      -- DivisionMoveDate, Dutch wall time; null: never
  add column linked_on timestamp;                     -- DivisionHRLinkUnlinkDate, likewise
