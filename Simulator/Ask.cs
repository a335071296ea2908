using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>What a request asks for, whichever API it came through.</summary>
internal sealed record Ask
{
    public required string Model { get; init; }

    public required bool Stream { get; init; }

    /// <summary>The last user message: echoed, and the request's marker in the logs.</summary>
    public string Prompt { get; init; } = "";

    public int? MaxTokens { get; init; }

    public bool IncludeUsage { get; init; }

    public bool Think { get; init; }

    /// <summary>The schema to answer in; an empty object for plain "JSON mode".</summary>
    public JsonElement? Format { get; init; }

    /// <summary>Tools to call, by name, with their arguments as a JSON object.</summary>
    public IReadOnlyList<(string Name, string Arguments)> Calls { get; init; } = [];

    public int PromptTokens { get; init; }

    /// <summary>How many answers: OpenAI's n.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>How many alternatives to tell for each token; null: no probabilities at all.</summary>
    public int? TopLogprobs { get; init; }

    /// <summary>The options that make Ollama reload the model when they change, in one string.</summary>
    public string RunnerOptions { get; init; } = "";

    /// <summary>No prompt: the model is only loaded (or unloaded, when keep_alive is 0).</summary>
    public bool LoadOnly { get; init; }

    public bool Unload { get; init; }
}

/// <summary>A request that the API refuses, with the status and the message of the real server.</summary>
internal sealed class RefusedException(int status, string message, string type = "invalid_request_error", string? code = null, string? param = null)
    : Exception(message)
{
    public int Status => status;

    public string Type => type;

    public string? Code => code;

    public string? Param => param;
}
