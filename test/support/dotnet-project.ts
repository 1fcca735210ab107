import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether the .NET SDK is on the PATH. */
export async function hasDotnet(): Promise<boolean> {
  try {
    await run('dotnet', ['--version'], { cwd: tmpdir() });
    return true;
  } catch {
    return false;
  }
}

/** A project file that keeps a lock file and asks nothing beyond its references. @param references `PackageReference` elements */
export const lockedProject = (references: string) => `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>netstandard2.0</TargetFramework>
    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
    <RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>
    <NuGetAudit>false</NuGetAudit>
  </PropertyGroup>
  <ItemGroup>${references}</ItemGroup>
</Project>`;

/** A project with client caches of its own, so that every restore begins with empty ones unless told otherwise. */
export class Project {
  #caches = 0;

  private constructor(readonly directory: string) {}

  /** @param project text of the project file */
  static async create(directory: string, project: string, feedUrl: string): Promise<Project> {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'project.csproj'), project);
    const created = new Project(directory);
    await created.useFeed(feedUrl);
    return created;
  }

  async useFeed(feedUrl: string): Promise<void> {
    await writeFile(
      join(this.directory, 'NuGet.Config'),
      `<configuration><packageSources><clear /><add key="larder" value="${feedUrl}" allowInsecureConnections="true" /></packageSources></configuration>`,
    );
  }

  /** Restores with empty client caches. @throws with the client's output when it fails */
  async restore(args: readonly string[] = []): Promise<string> {
    const caches = join(this.directory, '..', `caches-${++this.#caches}`);
    await rm(join(this.directory, 'obj'), { recursive: true, force: true });
    try {
      const output = await dotnet(['restore', ...args], { cwd: this.directory, caches });
      if (/\berror\b/i.test(output.replace(/0 Error\(s\)/g, ''))) throw new Error(output);
      return output;
    } finally {
      await rm(caches, { recursive: true, force: true });
    }
  }

  async lockFile(): Promise<string> {
    return readFile(join(this.directory, 'packages.lock.json'), 'utf8');
  }

  /** Versions in the lock file by lower-case id. */
  async lockedVersions(): Promise<Record<string, string>> {
    const { dependencies } = JSON.parse(await this.lockFile()) as {
      dependencies: Record<string, Record<string, { resolved?: string }>>;
    };
    return Object.fromEntries(
      Object.values(dependencies).flatMap((packages) =>
        Object.entries(packages).map(([id, { resolved = '' }]) => [id.toLowerCase(), resolved]),
      ),
    );
  }
}

/** Runs the SDK's command away from the user's own folders. @throws with its output when it fails */
export async function dotnet(
  args: readonly string[],
  { cwd, caches, env: more }: { cwd: string; caches: string; env?: Readonly<Record<string, string>> },
): Promise<string> {
  const env = {
    ...process.env,
    ...more,
    NUGET_PACKAGES: join(caches, 'packages'),
    NUGET_HTTP_CACHE_PATH: join(caches, 'http'),
    NUGET_SCRATCH: join(caches, 'scratch'),
    DOTNET_CLI_HOME: join(caches, 'home'),
    DOTNET_CLI_TELEMETRY_OPTOUT: '1',
    DOTNET_NOLOGO: '1',
    DOTNET_CLI_UI_LANGUAGE: 'en',
    DOTNET_SKIP_FIRST_TIME_EXPERIENCE: '1',
    // No process is left behind to hold the caches.
    MSBUILDDISABLENODEREUSE: '1',
    DOTNET_CLI_USE_MSBUILD_SERVER: '0',
    UseSharedCompilation: 'false',
  };
  try {
    const { stdout, stderr } = await run('dotnet', args, { cwd, env, maxBuffer: 16 * 1024 * 1024 });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`dotnet ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** Copies the sources of a test program, which are not compiled with the tests. */
export async function copySources(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
}
