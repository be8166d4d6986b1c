import assert from 'node:assert/strict'

type ConfiguredClient = { readonly config: { readonly maxAttempts: () => Promise<number> } }

/**
 * Makes sure, once, that the client does not retry by itself: a second PutLogEvents behind our back would be a
 * second delivery, and its outcome would hide the first one's.
 */
export function singleAttempt(client: ConfiguredClient): () => Promise<void> {
  let isChecked = false
  return async () => {
    if (isChecked) return
    const maxAttempts = await client.config.maxAttempts()
    assert.equal(maxAttempts, 1, 'the AWS client of a sink must be created with maxAttempts: 1')
    isChecked = true
  }
}
