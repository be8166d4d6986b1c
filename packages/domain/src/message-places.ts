/**
 * Where the parts of a message stand in the body of a request, from their first quote or brace to past their last. Every part
 * has the very bytes that a record has; one that begins at 0 is not there.
 */
export class MessagePlaces {
  readonly body: Uint8Array
  contentAt = 0
  contentEnd = 0
  userIdAt = 0
  userIdEnd = 0
  senderAttributesAt = 0
  senderAttributesEnd = 0
  attributesAt = 0
  attributesEnd = 0
  requestIdAt = 0
  requestIdEnd = 0

  constructor(body: Uint8Array) {
    this.body = body
  }
}
