/** Bytes that are not the JSON document they should be. Its message completes "the answer …" for a person. */
export class BadDocumentError extends Error {
  override readonly name = 'BadDocumentError';
}
