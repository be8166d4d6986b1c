-- Accounts and who may call.
create table account (
  id text primary key check (id ~ '^[0-9]{12}$'),
  created_at timestamptz(3) not null default now()
);

create table access_key (
  id text primary key,
  account_id text not null references account (id),
  secret_encrypted text not null,
  scopes text[] not null,
  created_at timestamptz(3) not null default now(),
  revoked_at timestamptz(3)
);
create index access_key_account_id_idx on access_key (account_id);

-- Rooms, logging configurations and which of them a room lists.
create table room (
  id text primary key,
  account_id text not null references account (id),
  name text not null,
  maximum_message_rate_per_second integer not null,
  maximum_message_length integer not null,
  review_handler_uri text,
  review_handler_fallback_result text,
  tags jsonb not null default '{}',
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index room_account_id_updated_at_id_idx on room (account_id, updated_at desc, id desc);

create table logging_configuration (
  id text primary key,
  account_id text not null references account (id),
  name text not null,
  state text not null,
  state_reason text,
  -- The destination_version that records committed now are addressed to.
  destination_version_id integer not null,
  tags jsonb not null default '{}',
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  deleting_since timestamptz(3)
);
create index logging_configuration_account_id_updated_at_id_idx on logging_configuration (account_id, updated_at desc, id desc);

-- Immutable: a change of destination makes a new row. Outlives its configuration, because journal entries name it.
create table destination_version (
  id serial primary key,
  logging_configuration_id text not null,
  account_id text not null references account (id),
  region text not null,
  kind text not null check (kind in ('s3', 'cloudWatchLogs', 'firehose')),
  target text not null,
  created_at timestamptz(3) not null default now(),
  -- Set when a person gave up its backlog: the writer drops what is left.
  abandoned_at timestamptz(3)
);
create index destination_version_logging_configuration_id_idx on destination_version (logging_configuration_id);
alter table logging_configuration add constraint logging_configuration_destination_version_id_fkey
  foreign key (destination_version_id) references destination_version (id);

create table room_logging_configuration (
  room_id text not null references room (id) on delete cascade,
  ordinal smallint not null check (ordinal between 0 and 2),
  logging_configuration_id text not null references logging_configuration (id),
  primary key (room_id, ordinal),
  unique (room_id, logging_configuration_id)
);
create index room_logging_configuration_logging_configuration_id_idx on room_logging_configuration (logging_configuration_id);

-- The journal: one head row a partition, one row a batch.
create table journal_partition (
  partition smallint primary key,
  -- Position of the last record; the next one gets head + 1.
  head bigint not null default 0,
  -- Bumped by every change to what records are addressed to; an append names the one it resolved with.
  config_version bigint not null default 1,
  -- Greatest effective time so far (ms since the epoch), and what it was before the last append.
  last_time_ms bigint not null default 0,
  floor_time_ms bigint not null default 0,
  last_append_id uuid,
  previous_append_id uuid
) with (fillfactor = 50);

create table journal_batch (
  partition smallint not null references journal_partition (partition),
  first_position bigint not null,
  record_count integer not null,
  append_id uuid not null unique,
  previous_append_id uuid,
  floor_time_ms bigint not null,
  committed_at timestamptz(3) not null default clock_timestamp(),
  format smallint not null,
  -- How many records of the batch go to each destination version: parallel arrays.
  destination_version_ids integer[] not null,
  destination_counts integer[] not null,
  index bytea not null,
  records bytea not null,
  primary key (partition, first_position)
);
-- Chat does not compress row by row well enough to pay for it, and slices must be cheap.
alter table journal_batch alter column records set storage external;
alter table journal_batch alter column index set storage external;

-- The writers' side of a partition: who works it, how far it is dispatched and trimmed.
create table journal_progress (
  partition smallint primary key references journal_partition (partition),
  -- Every record up to here belongs to a lane row, or is settled.
  dispatched bigint not null default 0,
  dispatched_append_id uuid,
  -- Counts the changes of this row and its lanes; a change names the revision that it follows.
  revision bigint not null default 0,
  -- Records up to here are gone from the journal.
  trimmed bigint not null default 0,
  lease_owner text,
  lease_token uuid,
  lease_expires_at timestamptz(3)
) with (fillfactor = 50);

create table journal_writer (
  id text primary key,
  started_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null
);

-- One row while a destination version has unsettled records at or below dispatched in a partition; none means settled to it.
create table journal_lane (
  partition smallint not null references journal_partition (partition),
  destination_version_id integer not null references destination_version (id),
  checkpoint bigint not null,
  checkpoint_append_id uuid,
  -- End of the cycle whose calls may have been sent (destinations whose calls cannot be repeated).
  intent bigint,
  -- Since when nobody can be sending for that intent: its writer is gone. Null while one may be.
  quiet_since timestamptz(3),
  state text not null default 'flowing' check (state in ('flowing', 'retrying', 'held')),
  last_error text,
  next_probe_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  primary key (partition, destination_version_id)
) with (fillfactor = 50);

-- Counters of what a destination version was sent from a partition; kept when its lane row is gone.
create table delivery_total (
  partition smallint not null,
  destination_version_id integer not null references destination_version (id),
  delivered bigint not null default 0,
  repeats_possible bigint not null default 0,
  dead bigint not null default 0,
  given_up bigint not null default 0,
  -- Failed attempts by IVS metric name; access denied and not found count in all as well.
  errors_all bigint not null default 0,
  errors_access_denied bigint not null default 0,
  errors_not_found bigint not null default 0,
  last_delivered_at timestamptz(3),
  last_error text,
  last_error_at timestamptz(3),
  primary key (partition, destination_version_id)
) with (fillfactor = 50);

create table dead_letter (
  id bigserial primary key,
  destination_version_id integer not null references destination_version (id),
  partition smallint not null,
  position bigint not null,
  room_id text not null,
  record_id text not null,
  reason text not null,
  record bytea not null,
  created_at timestamptz(3) not null default now(),
  unique (destination_version_id, partition, position, record_id)
);
