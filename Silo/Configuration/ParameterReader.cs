using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>drop_params</c> and its companions, of one deployment or of the whole file.</summary>
internal static class ParameterReader
{
    public static DeploymentParameters Read(ConfigSection p)
    {
        var drop = ReadDrop(p);
        var also = p.Strings("additional_drop_params", note: "never sent");
        var allowed = p.Strings("allowed_openai_params", note: "taken to be supported");
        return drop is null && also is null && allowed is null
            ? DeploymentParameters.Default
            : new DeploymentParameters { Drop = drop, AlsoDrop = also ?? [], Allowed = allowed ?? [] };
    }

    public static bool? ReadDrop(ConfigSection s)
    {
        if (s.Take("drop_params") is { Value: ConfigList list } entry)
        {
            // LiteLLM asks only whether there is something.
            s.Report.Translated(s.PathOf(entry.Key), entry.Line, $"{(list.Items.Length > 0 ? "true" : "false")}: it is a switch; which parameters are never sent says additional_drop_params");
            return list.Items.Length > 0;
        }

        return s.Bool("drop_params", note: "true: parameters that a provider does not support are left out and named in x-dropped-params; false: they are refused");
    }
}
