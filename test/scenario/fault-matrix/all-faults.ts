import { connectionFaults } from './connections.js';
import { contentFaults } from './contents.js';
import { encodingFaults } from './encodings.js';
import type { MatrixFault } from './fault.js';
import { packageFaults } from './packages.js';
import { redirectFaults } from './redirects.js';
import { statusFaults } from './statuses.js';
import { surroundingFaults } from './surroundings.js';
import { wayFaults } from './ways.js';

/** The rows, in the order of the table. */
export const allFaults: readonly MatrixFault[] = [
  ...connectionFaults,
  ...encodingFaults,
  ...contentFaults,
  ...packageFaults,
  ...statusFaults,
  ...redirectFaults,
  ...wayFaults,
  ...surroundingFaults,
];
