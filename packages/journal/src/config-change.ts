/**
 * Makes every append that was resolved before this transaction's commit resolve again.
 * Run it inside the transaction that changes a room's list of logging configurations, a room's existence,
 * or a configuration's state or destination. Rows are locked in order, so that two changes cannot deadlock.
 * By the clock too, so that a restored database never gives out a version again that some api still holds.
 */
export const CONFIG_CHANGED_SQL = `
update journal_partition p set config_version = greatest(p.config_version + 1, floor(extract(epoch from now()) * 1000)::bigint)
  from (select partition from journal_partition order by partition for update) locked
 where p.partition = locked.partition`
