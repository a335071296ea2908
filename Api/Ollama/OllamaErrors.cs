using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Ollama;

/// <summary>Ollama's <c>{"error":"text"}</c>, under the same statuses.</summary>
internal sealed class OllamaErrors : IErrorForm
{
    public static OllamaErrors Instance { get; } = new();

    public int StatusOf(ApiError error) => error.Status;

    public ReadOnlyMemory<byte> ToJson(ApiError error, HttpContext context) => ToJson(error);

    public static ReadOnlyMemory<byte> ToJson(ApiError error) => JsonBuffer.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("error", error.Message);
        json.WriteEndObject();
    });
}
