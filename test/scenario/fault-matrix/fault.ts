import type { Fault, SourceTraits } from '../../support/scripted-source.js';
import type { ResourceName } from './resource.js';
import type { Cell, Way, World } from './world.js';

/** One row: what goes wrong. */
export interface MatrixFault {
  readonly name: string;
  /** How the sources are reached. Default `plain`. */
  readonly way?: Way;
  readonly traits?: Partial<SourceTraits>;
  /** Columns in which it cannot be, and why. */
  readonly notFor?: Readonly<Partial<Record<ResourceName, string>>>;
  /** It is the source's own word that there is no such thing. */
  readonly saysAbsent?: boolean;
  /** The sources' indexes were read so long before it begins for the first time, in milliseconds; absent: they were never read. */
  readonly indexAgeMs?: number;
  /** How much has to pass on the clock until it is over, once it has ended, in milliseconds. Default: what an absence and a rest take. */
  readonly overAfterMs?: number;
  begin(world: World): unknown;
  end(world: World): unknown;
}

type Traits = Omit<MatrixFault, 'name' | 'begin' | 'end'>;

/** What is asked for each column's sake meets the fault, and nothing else. */
export const asked = (name: string, fault: Fault, traits: Traits = {}): MatrixFault =>
  askedOf(name, () => fault, traits);

/** As `asked`, with a fault that depends on the column. */
export function askedOf(name: string, faultOf: (cell: Cell) => Fault, traits: Traits = {}): MatrixFault {
  return {
    ...{ name, ...traits },
    begin: ({ cells }) => cells.forEach((cell) => cell.source.fault(cell.resource.asked, faultOf(cell))),
    end: ({ cells }) => cells.forEach(({ source }) => source.clearFaults()),
  };
}

const onlyPackages = 'it is about the bytes of a package, and none are asked for here';

/** Columns of documents, for faults that only packages can have. */
export const notForDocuments: NonNullable<MatrixFault['notFor']> = {
  'service index': onlyPackages,
  'behind the index': onlyPackages,
  'version list': onlyPackages,
  'registration page': onlyPackages,
  'registration leaf': onlyPackages,
  search: onlyPackages,
  vulnerabilities: onlyPackages,
};
