using Microsoft.AspNetCore.Http;

namespace OrleansLlm.Api.Doors;

/// <summary>The model in the path, as Azure's and OpenAI's old addresses have it. It beats the body's, as in LiteLLM.</summary>
internal static class RouteModel
{
    private const string First = "model";

    /// <summary>The rest of a name with a slash in it: <c>openai/gpt-4o</c>.</summary>
    private const string Second = "rest";

    /// <summary>The addresses of one of OpenAI's operations under a path that names the model.</summary>
    public static IEnumerable<string> Patterns(string operation)
    {
        foreach (var before in (string[])["/engines", "/openai/deployments"])
        {
            yield return $"{before}/{{{First}}}/{operation}";
            yield return $"{before}/{{{First}}}/{{{Second}}}/{operation}";
        }
    }

    /// <summary>Null: the path names none.</summary>
    public static string? Of(HttpContext context)
    {
        if (context.Request.RouteValues[First] is not string model) return null;
        if (context.Request.RouteValues[Second] is string rest) model = $"{model}/{rest}";
        // The server leaves an encoded slash encoded.
        return model.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
    }
}
