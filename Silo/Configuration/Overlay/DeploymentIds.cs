using System.Security.Cryptography;
using System.Text;

namespace OrleansLlm.Silo.Configuration.Overlay;

/// <summary>The ids that the entries of <c>model_list</c> get: their own, or a hash of what they say, numbered where several say the same.</summary>
internal sealed class DeploymentIds
{
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    /// <summary>The id of the next entry; null for one that has not the shape of an entry.</summary>
    /// <param name="numbered">It is a copy of an earlier entry, and its id would be another without that one.</param>
    public string? Next(ConfigNode item, out bool numbered)
    {
        numbered = false;
        if (item is not ConfigMap entry || entry.Find("model_name") is not ConfigScalar { Text: { } name } || entry.Find("litellm_params") is not ConfigMap parameters) return null;
        var first = entry.Find("model_info") is ConfigMap info && info.Find("id") is ConfigScalar { Text: { Length: > 0 } own }
            ? own : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name + "\n" + parameters.ToRawText())));
        var id = first;
        for (var copy = 2; !_given.Add(id); copy++)
        {
            id = $"{first}-{copy}";
            numbered = true;
        }

        return id;
    }
}
