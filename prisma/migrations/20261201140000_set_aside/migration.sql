-- Messages that an operator wants made dead letters if the destination refuses them: it holds a lane for them, since nothing
-- shows whether they or the destination are at fault. Null where nobody ever asked.
alter table destination_version add column set_aside text[];
