import { NAME_LENGTH_MAX } from './limits.ts'
import { StoredText } from './text.ts'

/** Name of a room or a logging configuration: may be empty, need not be unique. */
export const Name = StoredText.max(NAME_LENGTH_MAX).regex(/^[a-zA-Z0-9-_]*$/, 'Must be letters, digits, - and _')
