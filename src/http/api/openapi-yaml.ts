import { stringify } from 'yaml';

import { openApi } from './openapi.js';

/** The text of `docs/openapi.yaml`. */
export function openApiYaml(version: string): string {
  return `# Written by \`npm run schema\`.\n${stringify(openApi(version), { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
