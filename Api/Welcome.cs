using Microsoft.AspNetCore.Http;

namespace OrleansLlm.Api;

/// <summary><c>GET /</c> and <c>HEAD /</c>: some clients ask it first to see whether anybody is there.</summary>
internal static class Welcome
{
    public static Task AnswerAsync(HttpContext context) => JsonAnswer.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("name", "OrleansLlm");
        json.WriteString("chat", "/v1/chat/completions");
        json.WriteString("messages", "/v1/messages");
        // Some of Ollama's clients look for this sentence in the page.
        json.WriteString("ollama", "Ollama is running at /api");
        json.WriteString("models", "/v1/models");
        json.WriteString("health", "/health");
        json.WriteEndObject();
    });

    /// <summary>Of a node without a front end, which answers no clients.</summary>
    public static Task AnswerOfSiloAsync(HttpContext context) => JsonAnswer.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("name", "OrleansLlm");
        json.WriteString("role", "silo");
        json.WriteString("health", "/health");
        json.WriteString("metrics", "/metrics");
        json.WriteEndObject();
    });
}
