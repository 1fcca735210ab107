import { attributeOf, childrenOf } from './xml-tree.js';
import type { XmlElement } from './xml-tree.js';

export interface NuspecDependencyGroup {
  /** As written (`net8.0`, `.NETFramework4.5`); absent: for every framework. */
  readonly targetFramework?: string;
  readonly dependencies: readonly NuspecDependency[];
}

export interface NuspecDependency {
  /** As written. */
  readonly id: string;
  /** As written; absent: any version. */
  readonly range?: string;
}

/**
 * Dependencies by framework. The old flat form is one group for every framework, and counts only where there is no group
 * (`NuspecReader.GetDependencyGroups` of NuGet.Packaging).
 */
export function readDependencyGroups(dependencies: XmlElement | undefined): NuspecDependencyGroup[] {
  const groups = childrenOf(dependencies, 'group');
  if (groups.length > 0)
    return groups.map((group) => {
      const targetFramework = attributeOf(group, 'targetFramework');
      return { ...(targetFramework !== undefined && { targetFramework }), dependencies: readDependencies(group) };
    });
  const flat = readDependencies(dependencies);
  return flat.length > 0 ? [{ dependencies: flat }] : [];
}

function readDependencies(group: XmlElement | undefined): NuspecDependency[] {
  return childrenOf(group, 'dependency').flatMap((dependency) => {
    const id = attributeOf(dependency, 'id');
    const range = attributeOf(dependency, 'version');
    return id === undefined ? [] : [{ id, ...(range !== undefined && { range }) }];
  });
}
