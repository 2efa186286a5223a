-- 10,000 amounts of 2^53 units exceed a bigint
alter table push_batch alter column sums type numeric[];
