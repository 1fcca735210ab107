import * as z from 'zod';
import { accessKey, choice, notes, text, yesNo } from './leaf.js';
import { nameAllowed, namePattern } from './source-schema.js';

/** A key that guesses cannot reach is long; a shorter one than this is a word. In characters. */
const shortestKey = 8;
const longestKey = 512;

const key = z
  .strictObject({
    name: text('The name of the key, as the log calls it.', nameAllowed, namePattern),
    key: accessKey(
      'The key itself, which clients send as the password of `Authorization: Basic` (with any user name), as `Authorization: Bearer` or as `X-NuGet-ApiKey`.',
      { atLeast: shortestKey, atMost: longestKey },
    ),
    scopes: z
      .array(choice('What the key may do.', ['read']))
      .min(1)
      .prefault(['read']),
    feeds: z
      .array(
        text(
          'The feeds that the key may read. Without it, all; where `anonymousRead` is true, all in any case.',
          'the name of a configured feed',
          namePattern,
        ),
      )
      .min(1)
      .optional(),
  })
  .register(notes, { about: 'A key that opens feeds.', allowed: '{ name, key, … }' });

/** Who may read what is served here. */
export const accessSchema = z
  .strictObject({
    anonymousRead: yesNo('Whether all feeds may be read without a key.').prefault(true),
    keys: z.array(key).prefault([]),
  })
  .register(notes, {
    about: 'Who may read the feeds. docs/access.md tells how clients send a key.',
    allowed: '{ anonymousRead, keys }',
  });
