namespace OrleansLlm.Providers.OpenAi;

/// <summary>How a service that speaks OpenAI is asked for an answer: each form asks less of it than the one before.</summary>
internal enum StreamForm
{
    StreamWithUsage,

    /// <summary>Without <c>stream_options</c>: the usage is estimated if it does not come by itself.</summary>
    Stream,

    /// <summary>No stream: the answer comes in one piece, and its first token with its last.</summary>
    Whole,
}
