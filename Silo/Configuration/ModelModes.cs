namespace OrleansLlm.Silo.Configuration;

/// <summary>LiteLLM's <c>model_info.mode</c>, and the doors that there are.</summary>
internal static class ModelModes
{
    private static readonly string[] Served = ["chat", "completion", "embedding", "responses"];

    public static void Read(ConfigSection info)
    {
        if (info.Take("mode") is not { Value: ConfigScalar { Text: { } mode } } entry) return;
        if (Served.Contains(mode)) info.Report.Honoured(info.PathOf("mode"), entry.Line, "shown by /model/info; OpenAI's models of the mode responses are asked at the Responses API");
        else info.Report.Warning(info.PathOf("mode"), entry.Line, $"{mode} has no route here: whoever asks this model for it gets a 404");
    }
}
