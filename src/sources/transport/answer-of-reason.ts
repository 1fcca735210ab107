import { failed, refused } from '../../feed/answer.js';
import type { Failed, Reason, Refused } from '../../feed/answer.js';

/** A reason met while reading a body, as the answer it makes: an unusable answer is refused, the lack of one has failed. */
export function answerOfReason(reason: Reason): Refused | Failed {
  return reason.code === 'source-refused' || reason.code === 'too-large' ? refused(reason) : failed(reason);
}
