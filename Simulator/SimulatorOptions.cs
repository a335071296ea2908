namespace OrleansLlm.Simulator;

/// <summary>How the stand-in server behaves when no fault is asked for.</summary>
public sealed record SimulatorOptions
{
    /// <summary>Address to listen on. Default 127.0.0.1.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>TCP port; 0 takes a free one. Default 0.</summary>
    public int Port { get; init; }

    /// <summary>The models that are "pulled". Default qwen2.5:0.5b. A name with "embed" or "bert" only embeds; one with "think",
    /// "qwen3", "deepseek-r1" or "gpt-oss" can think.</summary>
    public IReadOnlyList<string> Models { get; init; } = ["qwen2.5:0.5b"];

    /// <summary>Time from the start of an inference to its first token. Default 0.</summary>
    public TimeSpan TimeToFirstToken { get; init; }

    /// <summary>Time between two tokens. Default 0: an answer is written in one go, with no timers.</summary>
    public TimeSpan TimePerToken { get; init; }

    /// <summary>Length of an answer in tokens (words); 0 is as long as the sentence is. Default 0.</summary>
    public int Tokens { get; init; }

    /// <summary>Simultaneous inferences per loaded model, as OLLAMA_NUM_PARALLEL: the others wait, without a bound. Default 1; 0 is
    /// unlimited.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>Time to load a model. Default 0: models count as loaded from their first use on.</summary>
    public TimeSpan LoadTime { get; init; }

    /// <summary>Requests that may wait for a load before the answer is 503 "server busy", as OLLAMA_MAX_QUEUE. Default 512.</summary>
    public int MaxQueue { get; init; } = 512;

    /// <summary>Models in memory at once, as OLLAMA_MAX_LOADED_MODELS; the longest unused one makes room. Default 3.</summary>
    public int MaxLoadedModels { get; init; } = 3;

    /// <summary>The clock of all delays. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
