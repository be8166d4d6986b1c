// Of this one database alone. A built-in function is called whatever its row says, so it gets another name, and another
// function its own; column defaults keep the real one.
const FAKE = `
create table public.clock_shift (by interval not null);
insert into public.clock_shift values ('0');
alter function pg_catalog.clock_timestamp() rename to real_clock_timestamp;
alter function pg_catalog.now() rename to real_now;
create function pg_catalog.clock_timestamp() returns timestamptz language sql volatile
  as $$ select pg_catalog.real_clock_timestamp() + (select by from public.clock_shift) $$;
create function pg_catalog.now() returns timestamptz language sql stable
  as $$ select pg_catalog.real_now() + (select by from public.clock_shift) $$`

type Queries = { query(text: string, values?: readonly unknown[]): Promise<unknown> }

/** Gives a test's database a clock that can be put ahead or back, before others connect to it. Answers how. */
export async function fakeDatabaseClock(database: Queries): Promise<(aheadMs: number) => Promise<void>> {
  await database.query(FAKE)
  return async (aheadMs) => {
    await database.query(`update public.clock_shift set by = ${Number(aheadMs)} * interval '1 ms'`)
  }
}
