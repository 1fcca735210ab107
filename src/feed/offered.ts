import { failed, found } from './answer.js';
import type { Answer } from './answer.js';
import type { Download } from './download.js';
import type { KeptCopy } from './kept-copies.js';
import type { Opened } from './opening.js';
import type { RequestBudget } from './request-budget.js';
import type { SourceHealth } from './source-health.js';

/** A package that can be given to a client: kept here, or on its way. */
export type Offered =
  ({ readonly kind: 'kept' } & KeptCopy) | ({ readonly kind: 'arriving'; readonly download: Download } & Opened);

/** A download once its first bytes told what it is, as far as the client waits for them; it goes on. */
export async function offerArriving(
  download: Download,
  health: SourceHealth,
  budget: RequestBudget | undefined,
): Promise<Answer<Offered>> {
  const opening = health.orAway(download.opened, (away) => failed(away));
  const opened = await (budget
    ? budget.wait(opening, () => failed(health.paused() ?? budget.usedUp(download.source, health.waiting)))
    : opening);
  return opened.kind === 'found' ? found({ kind: 'arriving', download, ...opened.value }) : opened;
}
