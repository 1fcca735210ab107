import { fillTemplate, prepareBases } from './address-slot.js';
import { isObject } from './lenient-json.js';
import type { JsonObject } from './lenient-json.js';

/** A dependency as written. */
export interface WrittenDependency {
  readonly id: string;
  /** Absent: any version. */
  readonly range?: string;
}

export interface WrittenDependencyGroup {
  /** Absent: for every framework. */
  readonly targetFramework?: string;
  readonly dependencies: readonly WrittenDependency[];
}

const noBases = prepareBases({ registration: '', details: '', flat: '' });

/** The dependencies that a kept leaf tells of. @param template as `RegistrationLeaf.template` */
export function readLeafDependencies(template: Buffer): WrittenDependencyGroup[] {
  const filled: Buffer[] = [];
  fillTemplate(template, noBases, filled);
  const { catalogEntry } = JSON.parse(Buffer.concat(filled).toString()) as JsonObject;
  const groups = isObject(catalogEntry) ? catalogEntry['dependencyGroups'] : undefined;
  if (!Array.isArray(groups)) return [];
  return groups.filter(isObject).map(({ targetFramework, dependencies }) => ({
    ...(typeof targetFramework === 'string' && { targetFramework }),
    dependencies: (Array.isArray(dependencies) ? dependencies : [])
      .filter(isObject)
      .flatMap(({ id, range }) =>
        typeof id === 'string' ? [{ id, ...(typeof range === 'string' && { range }) }] : [],
      ),
  }));
}
