-- A secret's place among tokens and attempts: what was refused before it was set says nothing of it.
alter table secret add column seq bigint not null default nextval('custody');
