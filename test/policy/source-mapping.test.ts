import test from 'ava';

import { PackageId } from '../../src/nuget/package-id.js';
import { eligibleSources } from '../../src/policy/source-mapping.js';

const sources = [
  { name: 'private', packages: ['Corp.*', 'Shared'] },
  { name: 'team', packages: ['corp.team.*'] },
  { name: 'public', packages: ['*'] },
];
const eligible = (id: string) => eligibleSources(PackageId.parse(id), sources);

test('the longest pattern wins, and an id that is claimed is asked of its claimants only', (t) => {
  t.deepEqual(eligible('Newtonsoft.Json'), ['public']);
  t.deepEqual(eligible('CORP.Core'), ['private']);
  t.deepEqual(eligible('Corp.Team.Tool'), ['team']);
  t.deepEqual(eligible('Corp'), ['public'], 'a prefix pattern with a dot does not claim the bare name');
});

test('an exact pattern beats every prefix, whatever its length', (t) => {
  const both = [
    { name: 'prefix', packages: ['Shared.Long.Name.*', 'Shared*'] },
    { name: 'exact', packages: ['Shared'] },
  ];
  t.deepEqual(eligibleSources(PackageId.parse('shared'), both), ['exact']);
});

test('equal patterns share the id, in the order given', (t) => {
  t.deepEqual(
    eligibleSources(PackageId.parse('x'), [
      { name: 'b', packages: ['*'] },
      { name: 'a', packages: ['*'] },
    ]),
    ['b', 'a'],
  );
});

test('an id that no pattern claims may be asked of nobody', (t) => {
  t.deepEqual(eligibleSources(PackageId.parse('x'), [{ name: 'a', packages: ['y.*'] }]), []);
});
