import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dotnet } from '../../support/dotnet-project.js';
import type { WorldShape } from '../world/world-shape.js';

/** What the client writes beside a package in its cache. */
interface KeptMetadata {
  readonly contentHash?: string;
}

/** The packages are signed by nobody whom the client trusts. */
const unverified = { DOTNET_NUGET_SIGNATURE_VERIFICATION: 'false' };

/** A project that needs all packages of a world, and the real client. */
export class RestoreClient {
  #restores = 0;

  private constructor(
    private readonly directory: string,
    private readonly shape: WorldShape,
  ) {}

  static async create(directory: string, shape: WorldShape): Promise<RestoreClient> {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'project.csproj'), projectFor(shape));
    return new RestoreClient(directory, shape);
  }

  /**
   * Restores from one feed with empty client caches.
   * @param feed the address of a service index, or a folder
   * @returns milliseconds from the client's start to its end
   * @throws when not every package came
   */
  async restore(feed: string): Promise<number> {
    const caches = join(this.directory, `caches-${++this.#restores}`);
    await rm(join(this.directory, 'obj'), { recursive: true, force: true });
    await writeFile(join(this.directory, 'NuGet.Config'), configFor(feed));
    try {
      const beganAtMs = performance.now();
      await dotnet(['restore', 'project.csproj'], { cwd: this.directory, caches, env: unverified });
      const tookMs = performance.now() - beganAtMs;
      await this.#check(caches);
      return tookMs;
    } finally {
      await rm(caches, { recursive: true, force: true });
    }
  }

  /** Every package is among the assets in the version that was meant, and its bytes are in the client's cache. */
  async #check(caches: string): Promise<void> {
    const assets = JSON.parse(await readFile(join(this.directory, 'obj', 'project.assets.json'), 'utf8')) as {
      libraries: Record<string, { sha512?: string }>;
    };
    for (const { id, version } of this.shape.packages) {
      const folder = join(caches, 'packages', id.toLowerCase(), version);
      const { contentHash } = JSON.parse(await readFile(join(folder, '.nupkg.metadata'), 'utf8')) as KeptMetadata;
      if (contentHash === undefined || contentHash !== assets.libraries[`${id}/${version}`]?.sha512)
        throw new Error(`a restore ended well without ${id} ${version}`);
    }
  }
}

function projectFor({ references }: WorldShape): string {
  const items = references.map(({ id, version }) => `<PackageReference Include="${id}" Version="${version}" />`);
  return `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>netstandard2.0</TargetFramework>
    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
    <NuGetAudit>false</NuGetAudit>
  </PropertyGroup>
  <ItemGroup>${items.join('')}</ItemGroup>
</Project>`;
}

function configFor(feed: string): string {
  const insecure = feed.startsWith('http:') ? ' allowInsecureConnections="true"' : '';
  return `<configuration><packageSources><clear /><add key="bench" value="${feed}"${insecure} /></packageSources></configuration>`;
}
