-- A question to a person is one customer's: two customers may have datasets and tables of the same names.
drop index approval_open;
create unique index approval_open on approval (customer, what, subject) where used_at is null;

-- A sweep follows the chunks of its pass to those that replays of them became.
create index failure_origin on failure (origin_chunk) where record = '';
create index replay_item_failure on replay_item (failure);

-- The app's id has its place among tokens and attempts, as its secret has: what was refused before says nothing of it.
alter table connection add column client_seq bigint not null default nextval('custody');
