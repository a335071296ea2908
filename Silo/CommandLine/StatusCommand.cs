using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;

namespace OrleansLlm.Silo.CommandLine;

/// <summary><c>status</c>: the backends of a running gateway, their queues and rates; with <c>--watch</c> again every second. Exit code 0 or 1.</summary>
internal static class StatusCommand
{
    private const string KeyVariable = "LITELLM_MASTER_KEY";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var url = GatewayUrl.Create();
        var key = new Option<string?>("--key") { Description = $"The master key, or a virtual key; else {KeyVariable}." };
        var watch = new Option<bool>("--watch") { Description = "Ask again every second, until Ctrl+C." };
        var json = new Option<bool>("--json") { Description = "As JSON, one line each time." };
        var command = new Command("status", "Show the backends of a running gateway.") { url, key, watch, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var gateway = parsed.GetValue(url) is { } text ? new Uri(text) : HealthCommand.Default(Environment.GetEnvironmentVariable("PORT"));
            using var http = new HttpClient { BaseAddress = gateway, Timeout = Patience };
            if ((parsed.GetValue(key) ?? Environment.GetEnvironmentVariable(KeyVariable)) is { Length: > 0 } secret) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
            return parsed.GetValue(watch)
                ? await WatchAsync(http, parsed.GetValue(json), cancellation)
                : await ShowAsync(http, parsed.GetValue(json), Console.Out, Console.Error, cancellation);
        });
        return command;
    }

    /// <param name="errors">What went wrong: whoever reads the output as a table or as JSON finds nothing else there.</param>
    public static async Task<int> ShowAsync(HttpClient gateway, bool json, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await gateway.GetAsync("/ui/api/backends", cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            using var body = JsonDocument.Parse(text);
            if (answer.IsSuccessStatusCode)
            {
                if (json) await output.WriteLineAsync(text);
                else StatusTable.Print(body.RootElement, output);
                return 0;
            }

            await errors.WriteLineAsync(body.RootElement.GetProperty("error").GetProperty("message").GetString());
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException or KeyNotFoundException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            await errors.WriteLineAsync($"{gateway.BaseAddress}: {e.Message}");
        }

        return 1;
    }

    private static async Task<int> WatchAsync(HttpClient gateway, bool json, CancellationToken cancellationToken)
    {
        var last = 0;
        try
        {
            while (true)
            {
                using var page = new StringWriter();
                using var problem = new StringWriter();
                last = await ShowAsync(gateway, json, page, problem, cancellationToken);
                // A screen is painted over; a file or a pipe gets one page after the other.
                if (!json && !Console.IsOutputRedirected) Console.Write("\e[H\e[J");
                Console.Write(page);
                Console.Error.Write(problem);
                await Task.Delay(Period, TimeProvider.System, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return last;
        }
    }
}
