-- Keys by which a call that is made again is recorded once: of a room, for 24 hours. `hash` is of what was asked for; the id
-- and the time are what whoever asks again is answered.
create table journal_key (
  room_id text not null,
  key text not null,
  hash bytea not null,
  record_id text not null,
  send_time text not null,
  created_at timestamptz(3) not null,
  primary key (room_id, key)
);
-- The oldest go first.
create index journal_key_created_at_idx on journal_key (created_at);

-- Whether an api records a key with what it records; null for one of a version that did not.
alter table journal_writer add column knows_keys boolean;
