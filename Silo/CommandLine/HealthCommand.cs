using System.CommandLine;
using System.Globalization;

namespace OrleansLlm.Silo.CommandLine;

/// <summary><c>health</c>: asks a running gateway whether it lives, for platforms whose image has no other way to ask. Exit code 0 or 1.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static Command Create()
    {
        var url = GatewayUrl.Create();
        var ready = new Option<bool>("--ready") { Description = "Ask whether it takes traffic, and not only whether it lives." };
        var command = new Command("health", "Ask a running gateway whether it is well.") { url, ready };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(url) is { } text ? new Uri(text) : Default(Environment.GetEnvironmentVariable("PORT")), parsed.GetValue(ready), Console.Out, cancellation));
        return command;
    }

    public static async Task<int> RunAsync(Uri gateway, bool ready, TextWriter output, CancellationToken cancellationToken)
    {
        var route = new Uri(gateway, ready ? "/health/readiness" : "/health/liveliness");
        using var http = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(route, cancellationToken);
            await output.WriteLineAsync($"{route}: {(int)answer.StatusCode}");
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await output.WriteLineAsync($"{route}: {e.Message}");
            return 1;
        }
    }

    /// <summary>Where a gateway of this machine is, if nothing else is said.</summary>
    public static Uri Default(string? port) =>
        new($"http://127.0.0.1:{(int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 4000)}");
}
