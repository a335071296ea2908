using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace OrleansLlm.Api.Pages;

/// <summary>The files of the web pages, which are part of the program.</summary>
internal sealed class PageAssets
{
    private const string Prefix = "pages/";

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    private readonly Lazy<FrozenDictionary<string, PageAsset>> _assets = new(Load);

    public PageAsset? Find(string name) => _assets.Value.GetValueOrDefault(name);

    private static FrozenDictionary<string, PageAsset> Load()
    {
        var assembly = typeof(PageAssets).Assembly;
        var assets = new Dictionary<string, PageAsset>(StringComparer.Ordinal);
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"");
            assets[resource[Prefix.Length..]] = new PageAsset(bytes, Types[Path.GetExtension(resource)], tag);
        }

        return assets.ToFrozenDictionary();
    }
}

/// <param name="Tag">The same for the same bytes, on every node.</param>
internal sealed record PageAsset(byte[] Bytes, string ContentType, EntityTagHeaderValue Tag);
