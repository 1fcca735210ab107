/** A string that should name a package or a version and does not. Its message is fit for the person who sent it. */
export class InvalidNameError extends Error {
  override readonly name = 'InvalidNameError';

  constructor(
    readonly code: 'bad-id' | 'bad-version',
    readonly given: string,
    reason: string,
  ) {
    super(`${code === 'bad-id' ? 'package id' : 'package version'} ${quote(given)} is not valid: ${reason}`);
  }
}

/** Shortened and escaped, so that what came from outside cannot forge a log line or a header. */
function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;

  return `"${short.replace(/[\u0000-\u001f\u007f-\uffff"\\]/g, (c) => (c === '…' ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`))}"`;
}
