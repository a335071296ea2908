using System.Text.Json;

namespace OrleansLlm.Providers.Ollama;

/// <summary>
/// Collects Ollama's <c>options</c> from OpenAI's parameters, Ollama's own in the body and the configured defaults (ollama/ollama,
/// api/types.go). Later sources win: defaults, then the body's options object, then the body's own fields.
/// </summary>
internal sealed class OllamaOptions(bool allowRunnerOptions, List<string> dropped)
{
    /// <summary>A change of one of these makes the scheduler reload the model (server/sched.go, needsReload).</summary>
    private static readonly HashSet<string> RunnerOptions =
        ["num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "use_mlock", "num_thread", "draft_num_predict", "numa", "low_vram"];

    private static readonly HashSet<string> NumberOptions =
    [
        "num_keep", "seed", "num_predict", "top_k", "top_p", "min_p", "tfs_z", "typical_p", "repeat_last_n", "temperature", "repeat_penalty",
        "presence_penalty", "frequency_penalty", "mirostat", "mirostat_tau", "mirostat_eta",
        "num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "draft_num_predict",
    ];

    private static readonly HashSet<string> FlagOptions = ["penalize_newline", "use_mmap", "use_mlock", "numa", "low_vram"];

    private readonly Dictionary<string, JsonElement> _options = [];
    private bool _hasCompletionLimit;

    public static bool IsRunnerOption(string name) => RunnerOptions.Contains(name);

    /// <summary>Takes a parameter if it is one of the options, whatever its OpenAI name.</summary>
    /// <returns>False when it is none.</returns>
    public bool TryTake(string name, JsonElement value, bool fromBody)
    {
        switch (name)
        {
            case "options":
                TakeAll(value, fromBody);
                return true;
            case "max_completion_tokens":
                Number(name, value);
                Set("num_predict", value);
                _hasCompletionLimit = value.ValueKind == JsonValueKind.Number;
                return true;
            case "max_tokens":
                Number(name, value);
                if (!_hasCompletionLimit || !fromBody) Set("num_predict", value);
                return true;
            case "stop":
                Set(name, Stop(value, name));
                return true;
        }

        if (!NumberOptions.Contains(name) && !FlagOptions.Contains(name)) return false;
        if (Refused(name, name, fromBody)) return true;
        if (NumberOptions.Contains(name)) Number(name, value);
        else Flag(name, value);
        Set(name, value);
        return true;
    }

    /// <summary>Defaults are in; what the body says next replaces them.</summary>
    public void BeginBody() => _hasCompletionLimit = false;

    public bool Any(bool runnerOnly) => _options.Keys.Any(name => !runnerOnly || RunnerOptions.Contains(name));

    public void WriteTo(Utf8JsonWriter json, bool runnerOnly)
    {
        json.WriteStartObject("options");
        foreach (var (name, value) in _options)
        {
            if (runnerOnly && !RunnerOptions.Contains(name)) continue;
            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private void TakeAll(JsonElement options, bool fromBody)
    {
        if (options.ValueKind == JsonValueKind.Null) return;
        if (options.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault("options", "options must be an object.");
        foreach (var option in options.EnumerateObject())
        {
            if (Refused(option.Name, "options." + option.Name, fromBody)) continue;
            if (NumberOptions.Contains(option.Name)) Number("options." + option.Name, option.Value);
            else if (FlagOptions.Contains(option.Name)) Flag("options." + option.Name, option.Value);
            Set(option.Name, option.Name == "stop" ? Stop(option.Value, "options.stop") : option.Value);
        }
    }

    private bool Refused(string name, string where, bool fromBody)
    {
        if (!fromBody || allowRunnerOptions || !RunnerOptions.Contains(name)) return false;
        dropped.Add(where);
        return true;
    }

    private void Set(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Null) _options[name] = value;
    }

    private static JsonElement Stop(JsonElement stop, string where) => stop.ValueKind switch
    {
        JsonValueKind.Null => stop,
        JsonValueKind.String => JsonElement.Parse($"[{stop.GetRawText()}]"),
        JsonValueKind.Array when stop.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) => stop,
        _ => throw UpstreamException.CallerFault(where, $"{where} must be a string or an array of strings."),
    };

    private static void Number(string where, JsonElement value)
    {
        if (value.ValueKind is not (JsonValueKind.Number or JsonValueKind.Null))
            throw UpstreamException.CallerFault(where, $"{where} must be a number.");
    }

    private static void Flag(string where, JsonElement value)
    {
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null))
            throw UpstreamException.CallerFault(where, $"{where} must be true or false.");
    }
}
