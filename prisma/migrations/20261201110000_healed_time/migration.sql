-- Heads at which an operator had a partition's time fall; null where that has never been done.
ALTER TABLE journal_partition ADD COLUMN healed_positions bigint[];
