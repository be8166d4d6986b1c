-- What a batch was when it was written: zlib.crc32 over its format, destinations and counts, index and stored records.
-- Null for rows of versions that did not write it.
alter table journal_batch add column crc32 bigint;
-- Of a batch that an operator set aside: the revision of the partition's progress since then. Its records are gone.
alter table journal_batch add column set_aside_revision bigint;
-- Why the writer cannot read on, and from which position; null while it can.
alter table journal_progress add column trouble text;
alter table journal_progress add column trouble_position bigint;

-- Batches that did not verify and were set aside, as they were found. Bytes that could not be read at all are null.
create table journal_set_aside (
  partition smallint not null,
  first_position bigint not null,
  record_count integer not null,
  append_id uuid not null,
  set_aside_at timestamptz(3) not null default now(),
  reason text not null,
  format smallint,
  destination_version_ids integer[],
  destination_counts integer[],
  index bytea,
  records bytea,
  unpacked_bytes integer,
  crc32 bigint,
  primary key (partition, first_position)
);
