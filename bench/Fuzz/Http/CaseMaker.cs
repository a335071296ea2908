using System.Text;
using Microsoft.AspNetCore.Routing;
using OrleansLlm.Bench.Fuzz.Corpus;
using OrleansLlm.Bench.Fuzz.Mutation;
using OrleansLlm.Providers;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>Makes the case of a number: the same one for the same seed and the same routes.</summary>
/// <param name="maySilence">Whether an upstream may fall silent, which costs a timeout.</param>
internal sealed class CaseMaker(long seed, IReadOnlyList<FuzzRoute> routes, bool maySilence)
{
    public static readonly string[] Providers = ["ollama_chat", "openai", "azure", "openai/responses", "anthropic", "gemini", "vertex_ai"];

    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "QUERY"];

    private readonly List<FuzzRoute> _models = [.. routes.Where(r => r.AsksModels)];

    public HttpCase Make(long number)
    {
        var dice = new Dice(seed, number);
        // Every route once, then each in turn and, every second time, one behind which there is a model.
        var route = number < routes.Count || dice.OneIn(2) ? routes[(int)(number % routes.Count)] : dice.Pick(_models);
        var provider = dice.Pick(Providers);
        var spoilsReply = route.AsksModels && dice.OneIn(2);
        var spoilsRequest = !spoilsReply || dice.OneIn(5);
        var method = dice.OneIn(60) && spoilsRequest ? dice.Pick(Methods) : dice.Pick(route.Methods);
        var body = method is "POST" or "PUT" or "PATCH" ? Body(dice, route.Pattern, spoilsRequest) : null;
        var reply = spoilsReply ? Replies.Spoilt(dice, Replies.Pick(dice, provider, OperationOf(route.Pattern)), maySilence) : null;
        return new HttpCase(number, route.Pattern, method, Target(dice, route.Pattern, spoilsRequest), Headers(dice, spoilsRequest), body, provider, reply, dice.OneIn(100) ? dice.Below(400) : null);
    }

    private static byte[] Body(Dice dice, string pattern, bool spoils)
    {
        var body = dice.Pick(RequestSeeds.For(pattern));
        if (!spoils || dice.OneIn(12)) return body;
        for (var edits = 1 + dice.Below(3); edits > 0; edits--) body = dice.OneIn(15) ? ByteEdits.Edit(dice, body) : JsonEdits.Edit(dice, body);
        return body;
    }

    private static byte[] Target(Dice dice, string pattern, bool spoils)
    {
        var target = new MemoryStream();
        foreach (var part in pattern.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            target.WriteByte((byte)'/');
            if (part[0] != '{') target.Write(Encoding.ASCII.GetBytes(part));
            else target.Write(spoils && dice.OneIn(3) ? Safe(dice.Pick(Weird.Words)) : Encoding.ASCII.GetBytes(Usual(pattern, part)));
        }

        if (target.Length == 0) target.WriteByte((byte)'/');
        if (spoils && dice.OneIn(60)) target.Write([(byte)'/', .. Safe(dice.Pick(Weird.Words))]);
        for (var (more, mark) = (dice.OneIn(3) ? 1 + dice.Below(3) : 0, (byte)'?'); more > 0; (more, mark) = (more - 1, (byte)'&'))
        {
            var (name, value) = dice.Pick(HeaderSeeds.Query);
            target.WriteByte(mark);
            target.Write(Encoding.ASCII.GetBytes(name + "="));
            target.Write(spoils && dice.OneIn(2) ? Safe(dice.Pick(Weird.Words)) : Encoding.ASCII.GetBytes(value));
        }

        return target.ToArray();
    }

    private static string Usual(string pattern, string part) => part.Trim('{', '}', '*') switch
    {
        "model" => "MODEL",
        "id" when pattern.Contains("/models/", StringComparison.Ordinal) => "MODEL",
        "id" when pattern.Contains("responses/", StringComparison.Ordinal) => "<response>",
        "id" when pattern.Contains("conversations/", StringComparison.Ordinal) => "<conversation>",
        "item" => "<item>",
        "key" => "<key>",
        "user" => "user:ada",
        "name" => "app.js",
        _ => "x",
    };

    private static List<(string Name, byte[] Value)> Headers(Dice dice, bool spoils)
    {
        var headers = new List<(string, byte[])> { ("Authorization", Encoding.ASCII.GetBytes("Bearer " + (!spoils || !dice.OneIn(20) ? "<master>" : dice.Pick((string[])["<key>", "sk-wrong", "nonsense", "", "<key>x"])))) };
        if (spoils && dice.OneIn(200)) headers.Clear();
        for (var more = dice.OneIn(3) ? 1 + dice.Below(3) : 0; more > 0; more--)
        {
            var (name, value) = dice.Pick(HeaderSeeds.Headers);
            headers.Add((name, spoils && dice.OneIn(2) ? Plain(dice.Pick(Weird.Words)) : Encoding.ASCII.GetBytes(value)));
        }

        return headers;
    }

    /// <summary>Control characters end a request before it has begun: that is the server's business.</summary>
    private static byte[] Plain(byte[] word) => [.. word.Where(b => b is >= 32 and not 127 or 9)];

    /// <summary>What may stand in a path or a query; everything else by its number.</summary>
    private static byte[] Safe(byte[] word) => [.. word.SelectMany(b => b is > 32 and < 127 and not ((byte)'#' or (byte)'?' or (byte)'&') ? [b] : Encoding.ASCII.GetBytes($"%{b:X2}"))];

    private static UpstreamOperation OperationOf(string pattern) =>
        pattern.Contains("embed", StringComparison.Ordinal) ? UpstreamOperation.Embedding
        : pattern.EndsWith("/completions", StringComparison.Ordinal) && !pattern.EndsWith("chat/completions", StringComparison.Ordinal) ? UpstreamOperation.Completion
        : UpstreamOperation.Chat;
}

/// <summary>One entry of the gateway's table of routes.</summary>
internal sealed record FuzzRoute(string Pattern, IReadOnlyList<string> Methods, bool AsksModels)
{
    /// <summary>Not ours: the pages of the Orleans packages, which only the administrator reaches.</summary>
    private const string Dashboard = "dashboard";

    /// <summary>Every route of ours, so that a new one is fuzzed without anybody thinking of it.</summary>
    public static IReadOnlyList<FuzzRoute> Of(EndpointDataSource routes) => [.. routes.Endpoints.OfType<RouteEndpoint>()
        .Where(e => !e.RoutePattern.RawText!.TrimStart('/').StartsWith(Dashboard, StringComparison.OrdinalIgnoreCase))
        .Select(e => new FuzzRoute(
            e.RoutePattern.RawText!,
            e.Metadata.GetMetadata<Microsoft.AspNetCore.Routing.IHttpMethodMetadata>()?.HttpMethods ?? ["GET"],
            e.Metadata.GetMetadata<Api.Telemetry.ModelRoute>() is not null))
        .OrderBy(r => r.Pattern, StringComparer.Ordinal).ThenBy(r => r.Methods[0], StringComparer.Ordinal)];
}
