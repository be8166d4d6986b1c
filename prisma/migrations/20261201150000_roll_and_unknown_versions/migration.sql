-- Which formats of batches a process reads; null for a writer of a version that read 1 and 2 and did not say so.
alter table journal_writer add column formats smallint[];
-- An api that has signed in, until when. Its expires_at is over from the start: earlier versions count every row that is
-- not expired as a writer, and would leave partitions to an api.
alter table journal_writer add column api_expires_at timestamptz(3);

-- Records may be addressed to a destination version that the database does not know: a part of it was restored, or a row was
-- deleted. Its lane must have a row all the same, and a count; without, those records would look settled.
alter table journal_lane drop constraint journal_lane_destination_version_id_fkey;
alter table delivery_total drop constraint delivery_total_destination_version_id_fkey;
