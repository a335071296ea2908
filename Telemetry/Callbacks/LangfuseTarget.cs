using System.Net;
using System.Text;
using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Telemetry.Callbacks;

/// <summary>Langfuse's ingestion API: a trace and a generation for each request. It answers 207 and says for each event what became of it.</summary>
internal sealed class LangfuseTarget(LangfuseOptions options, CallbackHttp http) : ICallbackTarget
{
    private readonly Uri _address = new($"{options.Host.GetLeftPart(UriPartial.Path).TrimEnd('/')}/api/public/ingestion");
    private readonly string _login = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.PublicKey}:{options.SecretKey}"));

    public string Name => "langfuse";

    public bool Wants(RequestReport report) => report.IsSuccess ? options.Successes : options.Failures && report.Failure != FailureKind.Cancelled;

    /// <summary>In as many bodies as it takes, one after the other.</summary>
    public async Task<Delivery> SendAsync(IReadOnlyList<RequestReport> batch, CancellationToken cancellationToken)
    {
        var (delivered, refused) = (0, 0);
        var again = new List<RequestReport>();
        var most = batch.Count;
        for (var at = 0; at < batch.Count;)
        {
            var body = LangfuseBatch.Write(batch.Skip(at).Take(most), out var count);
            var (one, isTooLarge, away) = await PostAsync(body, [.. batch.Skip(at).Take(count)], at > 0, cancellationToken);
            if (isTooLarge && count > 1)
            {
                // Half of them, until the one that is too large stands alone.
                most = count / 2;
                continue;
            }

            at += count;
            most = count * 2;
            (delivered, refused) = (delivered + one.Delivered, refused + one.Refused);
            again.AddRange(one.Again);
            if (away) return new Delivery(delivered, refused, [.. again, .. batch.Skip(at)], one.After);
        }

        return new Delivery(delivered, refused, again);
    }

    /// <returns>Away: it was not one of these requests that it could not take.</returns>
    private async Task<(Delivery Delivery, bool IsTooLarge, bool Away)> PostAsync(byte[] body, IReadOnlyList<RequestReport> reports, bool othersHaveArrived, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.PostAsync(_address, body, "application/json", "Authorization", _login, cancellationToken);
            if (response.IsSuccessStatusCode) return (Read(await response.Content.ReadAsStringAsync(cancellationToken), reports), false, false);
            var failed = Delivery.From(response, reports);
            return (failed, response.StatusCode == HttpStatusCode.RequestEntityTooLarge, failed.Again.Count > 0);
        }
        catch (Exception e) when (othersHaveArrived && (e is HttpRequestException or OperationCanceledException))
        {
            return (new Delivery(0, 0, reports), false, true);
        }
    }

    /// <summary>An event that failed through no fault of its own is told again with its request, whose other event counts once all the same.</summary>
    private static Delivery Read(string answer, IReadOnlyList<RequestReport> batch)
    {
        var failed = new Dictionary<string, int>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(answer);
            if (json.RootElement.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array)
            {
                foreach (var error in errors.EnumerateArray())
                {
                    var status = error.TryGetProperty("status", out var s) && s.TryGetInt32(out var number) ? number : 400;
                    if (error.TryGetProperty("id", out var id) && LangfuseBatch.RequestOf(id.GetString()) is { } request)
                    {
                        failed[request] = Math.Max(status, failed.GetValueOrDefault(request));
                    }
                }
            }
        }
        catch (JsonException)
        {
            // An answer of another version: it has said that it took them.
        }

        var again = batch.Where(r => failed.TryGetValue(r.Row.RequestId, out var status) && status is 429 or >= 500).ToList();
        var refused = batch.Count(r => failed.ContainsKey(r.Row.RequestId)) - again.Count;
        return new Delivery(batch.Count - again.Count - refused, refused, again);
    }
}
