-- Scopes that the first release does not know. It refuses a key whose `scopes` names one, so they stand apart for as long as it may run
-- beside a newer one. Null where there are none.
ALTER TABLE access_key ADD COLUMN added_scopes text[];
