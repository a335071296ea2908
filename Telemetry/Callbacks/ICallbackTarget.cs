namespace OrleansLlm.Telemetry.Callbacks;

/// <summary>A service that is told of requests.</summary>
internal interface ICallbackTarget
{
    /// <summary>LiteLLM's name of the callback.</summary>
    string Name { get; }

    bool Wants(RequestReport report);

    /// <summary>Tells it of some. What is told twice counts there once: the ids follow from the requests'.</summary>
    /// <exception cref="HttpRequestException">None of them is known to have arrived; the batch may be told again.</exception>
    Task<Delivery> SendAsync(IReadOnlyList<RequestReport> batch, CancellationToken cancellationToken);
}

/// <param name="Delivered">Reports it has taken.</param>
/// <param name="Refused">Reports it will never take.</param>
/// <param name="Again">What it could not take now.</param>
/// <param name="After">When to try those; null: it has not said.</param>
internal readonly record struct Delivery(int Delivered, int Refused, IReadOnlyList<RequestReport> Again, TimeSpan? After = null)
{
    public static Delivery AllOf(IReadOnlyList<RequestReport> batch) => new(batch.Count, 0, []);

    /// <param name="batch">Of one answer for all.</param>
    public static Delivery From(HttpResponseMessage response, IReadOnlyList<RequestReport> batch)
    {
        if (response.IsSuccessStatusCode) return AllOf(batch);
        // Whatever else is wrong with a request will be wrong with it the next time.
        var again = (int)response.StatusCode is 408 or 425 or 429 or >= 500;
        return again ? new Delivery(0, 0, batch, response.Headers.RetryAfter?.Delta) : new Delivery(0, batch.Count, []);
    }
}
