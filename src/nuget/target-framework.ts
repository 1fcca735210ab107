/** What a group of dependencies is for, as far as it tells which clients take it. */
export type FrameworkFamily = 'net' | 'netcoreapp' | 'netstandard' | 'netframework' | 'any' | 'other';

export interface TargetFramework {
  readonly family: FrameworkFamily;
  /** To compare within a family: `net8.0` → 8, `netstandard2.1` → 2.1, `net462` → 4.62. */
  readonly version: number;
}

const any: TargetFramework = { family: 'any', version: 0 };
const other: TargetFramework = { family: 'other', version: 0 };
const longForm = /^\.?(netstandard|netcoreapp|netframework)[ ,]*(?:version=v)?(\d+(?:\.\d+)*)/;
const shortFramework = /^net(\d)(\d{0,2})$/;
const modern = /^net(\d+)\.(\d+)$/;

/**
 * Reads a framework as nuspecs and registrations write it (`net8.0`, `.NETStandard2.0`, `.NETFramework4.6.2`, `net462`;
 * `NuGetFramework.Parse` of NuGet.Frameworks). What names a platform (`net8.0-windows`) is of the family `other`.
 */
export function readTargetFramework(written: string | undefined): TargetFramework {
  if (written === undefined || written.trim() === '') return any;
  const text = written.trim().toLowerCase();
  if (text === 'any' || text === 'agnostic') return any;
  const [, major, minor] = modern.exec(text) ?? [];
  if (major !== undefined)
    return Number(major) >= 5 ? versioned('net', major, minor) : versioned('netframework', major, minor);
  const [, one, rest = ''] = shortFramework.exec(text) ?? [];
  if (one !== undefined) return versioned('netframework', one, rest);
  const [, long, version = ''] = longForm.exec(text) ?? [];
  if (long === undefined) return other;
  const [first = '0', ...more] = version.split('.');
  const family = long as 'netstandard' | 'netcoreapp' | 'netframework';
  return family === 'netcoreapp' && Number(first) >= 5
    ? versioned('net', first, more.join(''))
    : versioned(family, first, more.join(''));
}

function versioned(family: FrameworkFamily, major: string, minor = ''): TargetFramework {
  return { family, version: Number(`${major}.${minor === '' ? '0' : minor}`) };
}
