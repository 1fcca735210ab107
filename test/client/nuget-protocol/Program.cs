// Usage: nuget-protocol INDEX_URL ID…
// Prints, as one JSON document, what NuGet's own client library reads from a feed.
using System.Text.Json;
using NuGet.Common;
using NuGet.Configuration;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;

var source = new PackageSource(args[0]) { AllowInsecureConnections = true };
var repository = Repository.Factory.GetCoreV3(source);
using var cache = new SourceCacheContext { NoCache = true, DirectDownload = true };
var index = await repository.GetResourceAsync<ServiceIndexResourceV3>();
var metadata = await repository.GetResourceAsync<PackageMetadataResource>();
var finder = await repository.GetResourceAsync<FindPackageByIdResource>();

var resources = new SortedDictionary<string, bool>();
foreach (var (name, types) in new (string, string[])[]
{
    ("RegistrationsBaseUrl", ServiceTypes.RegistrationsBaseUrl),
    ("PackageBaseAddress", ServiceTypes.PackageBaseAddress),
})
    resources[name] = index.GetServiceEntryUri(types) != null;

var packages = new SortedDictionary<string, object>();
foreach (var id in args.Skip(1))
{
    var versions = await finder.GetAllVersionsAsync(id, cache, NullLogger.Instance, CancellationToken.None);
    var found = await metadata.GetMetadataAsync(id, includePrerelease: true, includeUnlisted: true, cache, NullLogger.Instance, CancellationToken.None);
    var entries = new List<object>();
    foreach (var package in found.OrderBy(p => p.Identity.Version))
    {
        var deprecation = await package.GetDeprecationMetadataAsync();
        entries.Add(new
        {
            id = package.Identity.Id,
            version = package.Identity.Version.ToFullString(),
            listed = package.IsListed,
            published = package.Published,
            title = package.Title,
            authors = package.Authors,
            description = package.Description,
            summary = package.Summary,
            tags = package.Tags,
            projectUrl = package.ProjectUrl?.ToString(),
            licenseUrl = package.LicenseUrl?.ToString(),
            license = package.LicenseMetadata?.License,
            requireLicenseAcceptance = package.RequireLicenseAcceptance,
            dependencies = package.DependencySets.Select(set => new
            {
                framework = set.TargetFramework.GetShortFolderName(),
                packages = set.Packages.Select(p => $"{p.Id} {p.VersionRange.ToNormalizedString()}").ToArray(),
            }).ToArray(),
            deprecation = deprecation == null ? null : new
            {
                deprecation.Message,
                reasons = deprecation.Reasons?.ToArray(),
                alternate = deprecation.AlternatePackage == null ? null : $"{deprecation.AlternatePackage.PackageId} {deprecation.AlternatePackage.Range}",
            },
            vulnerabilities = package.Vulnerabilities?.Select(v => new { url = v.AdvisoryUrl.ToString(), v.Severity }).ToArray(),
        });
    }
    packages[id] = new { versions = versions.OrderBy(v => v).Select(v => v.ToNormalizedString()).ToArray(), entries };
}

Console.WriteLine(JsonSerializer.Serialize(new { resources, packages }));
