-- Batches of format 2 have their records as an LZ4 frame: a third of the bytes to insert, to read and to delete.
-- How many bytes they are without it; null where they are as they are. A reader counts its memory by this.
alter table journal_batch add column unpacked_bytes integer;
